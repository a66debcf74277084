# Letters to citizens. A department may put its own texts in the place of many of them.

## Subjects

mail-subject-invited = { $dates ->
    [one] Your appointment { $where } – { $when }
   *[other] Your appointments { $where } – from { $when }
}
mail-subject-moved = { $dates ->
    [one] New time: your appointment { $where } – { $when }
   *[other] New times: your appointments { $where } – from { $when }
}
mail-subject-room = { $dates ->
    [one] New room: your appointment { $where } – { $when }
   *[other] New room: your appointments { $where } – from { $when }
}
mail-subject-changed = { $dates ->
    [one] Changed: your appointment { $where } – { $when }
   *[other] Changed: your appointments { $where } – from { $when }
}
mail-subject-cancelled = { $dates ->
    [one] Cancelled: your appointment { $where } – { $when }
   *[other] Cancelled: your appointments { $where } – from { $when }
}
mail-subject-cancelled-self = { $dates ->
    [one] We have your cancellation: appointment on { $when }
   *[other] We have your cancellation: appointments from { $when }
}
mail-subject-reminder = Reminder: your appointment { $where } – { $when }
mail-subject-undated = Your appointment { $where } ({ $number })
mail-at-town-hall = at the town hall
mail-at-administration = with the town administration

## What it is

mail-heading-invited = { $dates ->
    [one] Your appointment
   *[other] Your appointments
}
mail-heading-moved = { $dates ->
    [one] Your appointment has a new time
   *[other] Your appointments have new times
}
mail-heading-room = Only the room is new
mail-heading-changed = There is something new about your appointment
mail-heading-cancelled = { $dates ->
    [one] We are sorry: your appointment is cancelled
   *[other] We are sorry: your appointments are cancelled
}
mail-heading-cancelled-self = We have your cancellation
mail-heading-reminder = Your appointment is soon
mail-greeting = Hello,
mail-intro-invited = { $dates ->
    [one] As agreed we have booked an appointment { $where } for you.
   *[other] As agreed we have booked { $dates } appointments { $where } for you.
}
mail-intro-moved = { $dates ->
    [one] Your appointment has been moved. Please note the new time.
   *[other] Your appointments have been moved. Please note the new times.
}
mail-intro-room = Your appointment takes place in another room. Day and time stay as they were.
mail-intro-changed = Something about your appointment has changed. Here is all that holds now.
mail-intro-cancelled = { $dates ->
    [one] Unfortunately we have to cancel your appointment. We apologise. You do not need to come.
   *[other] Unfortunately we have to cancel these appointments. We apologise. You do not need to come.
}
mail-intro-cancelled-self = { $dates ->
    [one] You have cancelled this appointment. Thank you for letting us know.
   *[other] You have cancelled these appointments. Thank you for letting us know.
}
mail-intro-reminder = This is a reminder of your appointment { $where }.
mail-others-stay = Your other appointments stay as they are.

## When

mail-when = When
mail-when-new = New time
mail-when-old = Old time
mail-when-off = Cancelled
mail-day = Day
mail-clock = Time
mail-old-void = no longer holds
mail-time = { $hour }:{ $minute }
mail-time-full-hour = { $hour }:00
mail-moment = { $day }, { $time }
mail-length-note = { $length }, German time
mail-moment-length = { $moment } ({ $length })
mail-length-minutes = { $minutes ->
    [one] about 1 minute
   *[other] about { $minutes } minutes
}
mail-length-hours = { $hours ->
    [one] about 1 hour
   *[other] about { $hours } hours
}
mail-length-both = { $hours ->
    [one] about 1 hour
   *[other] about { $hours } hours
} { $minutes ->
    [one] 1 minute
   *[other] { $minutes } minutes
}
mail-lasts = Length: { $length }
mail-dates-more = { $count ->
    [one] and one more appointment
   *[other] and { $count } more appointments
}
mail-weekday-1 = Mon
mail-weekday-2 = Tue
mail-weekday-3 = Wed
mail-weekday-4 = Thu
mail-weekday-5 = Fri
mail-weekday-6 = Sat
mail-weekday-7 = Sun
mail-day-short = { $weekday } { $date }

## Where

mail-where = Where
mail-where-new = New room
mail-where-unknown = We have agreed the place with you, or will still tell you.
mail-way = Way
mail-number = Your appointment number
mail-report-front-desk = Please give your appointment number at the desk (Anmeldung). We will come and fetch you.
mail-report-waiting-zone = Please take a seat in the waiting area (Wartezone). We will fetch you there and call your number only.
mail-report-room-door = Please come straight to the room at the given time.

## What else to know

mail-bring = Please bring or note
mail-notice = About the building
mail-cannot-come = You cannot come?
mail-cancel-or-move = Cancel or change
mail-by-phone = Or phone { $phone }
mail-new-appointment = Would you like a new appointment?
mail-call-us = Please call us: { $phone }
mail-write-us = You can also simply reply to this mail, in German or English.
mail-see-page = Page of your appointment
mail-save = To put it into your calendar, tap “Yes” or “Accept”, or open the file termin.ics. If you do nothing, the appointment holds as well.
mail-help = Do you need help, a sign language interpreter for instance? Simply reply to this mail, in German or English.
mail-closing = Kind regards
mail-privacy = { $days ->
    [0] Data protection: we delete your data right after the appointment.
    [one] Data protection: we delete your data one day after the appointment.
   *[other] Data protection: we delete your data { $days } days after the appointment.
}
mail-privacy-off = { $days ->
    [one] Data protection: we delete your data one day after the cancellation.
   *[other] Data protection: we delete your data { $days } days after the cancellation.
}
mail-privacy-more = More on data protection
mail-fact-step-free = { $value ->
    [yes] The room can be reached without steps.
    [no] Unfortunately there are steps on the way to the room.
   *[other] Reached without steps: { $value }.
}
mail-fact-lift = { $value ->
    [yes] There is a lift.
    [no] There is no lift.
   *[other] Lift: { $value }.
}
mail-fact-door-width-cm = The door is { $value } cm wide.
mail-fact-turning-space-cm = There are { $value } cm to turn a wheelchair.
mail-fact-table-wheelchair = { $value ->
    [yes] A wheelchair fits under the table.
    [no] No wheelchair fits under the table.
   *[other] Table for wheelchairs: { $value }.
}
mail-fact-accessible-toilet = { $value ->
    [yes] There is an accessible toilet.
    [no] There is no accessible toilet.
   *[other] Accessible toilet: { $value }.
}
mail-fact-accessible-parking = { $value ->
    [yes] There is accessible parking.
    [no] There is no accessible parking.
   *[other] Accessible parking: { $value }.
}
mail-fact-induction-loop = { $value ->
    [yes] There is an induction loop for hearing aids.
    [no] There is no induction loop for hearing aids.
   *[other] Induction loop for hearing aids: { $value }.
}
mail-fact-sign-language = { $value ->
    [yes] There can be a sign language interpreter.
    [no] Unfortunately there can be no sign language interpreter.
   *[other] Sign language interpreter: { $value }.
}
mail-fact-tactile-guidance = { $value ->
    [yes] There is tactile guidance for blind people.
    [no] There is no tactile guidance for blind people.
   *[other] Tactile guidance for blind people: { $value }.
}
mail-fact-guide-dogs = { $value ->
    [yes] Assistance dogs are welcome.
    [no] Unfortunately assistance dogs cannot come in.
   *[other] Assistance dogs: { $value }.
}

## In the citizen's calendar

mail-summary = Appointment { $where } ({ $number })
mail-contact = { $town }, phone { $phone }

## To people of the town hall

mail-note-sender = Room booking { $town }
mail-note-footer = This message comes from the room booking.

## In letters to look at

mail-sample =
    Identity card or passport
    Papers that you already have

# Text of a test invitation, in the place of what the case worker writes.
mail-test = This is a test mail: there is no appointment, and you need not do anything.
