# Pages.

## On every page

page-skip = Skip to content
page-languages = Language
page-deutsch = Deutsch
page-simple = Leichte Sprache
page-english = English
page-town-hall = Town hall
page-phone = Phone
page-call = Please call us:
page-privacy = Data protection
page-accessibility = Accessibility
page-back = Back to the appointment

## The appointment

page-title = Your appointment
page-title-series = Your appointments
page-title-cancelled = Appointment cancelled
page-title-past = Appointment over
page-appointment = Details of the appointment
page-when = When
page-where = Where
page-number = Your appointment number
page-for-citizen = Please note
page-notice = About your visit
page-accessible = Accessibility
page-clock = { $from } to { $to }

page-more-dates = { $count ->
    [one] and one more appointment
   *[other] and { $count } more appointments
}
page-kept = We delete your data { $days ->
    [0] right after the appointment
    [one] one day after the appointment
   *[other] { $days } days after the appointment
}.
page-help = Any questions, or do you need help?

## What can be done

page-accept = I will come
page-move = Change the time
page-cancel = Cancel
page-calendar = Add to my calendar
page-print = Print

## What has been done

page-accepted = Thank you, we know that you will come.
page-moved = Your appointment has been moved.
page-moved-more = The new time is below. We will also send it to you by e-mail.
page-cancelled = You have cancelled this appointment.
page-cancelled-more = Thank you for telling us. Do you need a new appointment?
page-date-cancelled = We have received your cancellation.
page-date-cancelled-more = The appointments that remain are below.
page-cancelled-by-town = We are sorry: we had to cancel this appointment.
page-cancelled-by-town-more = We will be glad to arrange a new one with you.
page-past = This appointment is over.
page-wished = We have received your request.
page-wished-more = We will get back to you. Until then the appointment below stands.

## Calling it off

page-cancel-title = Cancel the appointment
page-cancel-sure = Do you really want to cancel this appointment?
page-cancel-which = Which appointment do you want to cancel?
page-cancel-all = All appointments
page-cancel-hint = The time will be free for others. This cannot be undone.
page-cancel-yes = Yes, cancel it
page-cancel-no = No, keep it
page-choose = Please choose an appointment.

## Moving it

page-move-title = Change the time
page-move-now = Your appointment now:
page-move-safe = It stays yours until a new one is fixed.
page-move-which = These times are free. Which one suits you?
page-move-yes = Move to this time
page-move-earlier = Show earlier times
page-move-later = Show later times
page-move-none = No other time is free from here on.
page-move-by-phone = We can only move this appointment together with you.
page-taken = Sorry, this time has been taken.
page-taken-more = Somebody else was faster. You keep the appointment you have. Please choose another time.
page-wish-otherwise = Nothing that suits you?
page-wish-title = We will find another time
page-wish-call = Please call us:
page-wish-label = Or tell us when it would suit you
page-wish-hint = For example: afternoons only, from next week on. Shall we call you? Then add your phone number.
page-wish-send = Send request
page-wish-long = Your text is too long.
page-wish-long-more = Please make it shorter.

## On paper and in calendars

page-print-how = To print: press Ctrl and P, or choose “Print” in the menu of your browser.
page-print-cancel = You cannot come? Please call us:
page-code-calendar = Into your calendar: read with the camera of your phone
page-code-page = Cancel or change: read with the camera of your phone
page-calendar-number = Your appointment number: { $number }
page-calendar-onward = Cancel or change: { $url } – phone { $phone }

## Where nothing is

page-gone = This appointment is no longer stored
page-gone-text =
    There is no appointment behind this link. Perhaps it is over and your data has been deleted already.
    Is the link in your e-mail broken over two lines? Then please copy both lines into the address bar.
page-too-many = Too many attempts
page-too-many-text = Please wait a minute, then open the link in your e-mail again.
page-stale = Please have another look
page-stale-text =
    Nothing has been done: something has changed meanwhile, or the page was open for a long time.
    Please open the page again. Everything can be done from there.
page-stale-onward = Open the page again
page-unreadable = That did not work
page-unreadable-text = What you entered could not be read. Please go back and try again.
page-none = There is no such page
page-none-text = Please open the link in your e-mail again.
page-failed = That is not possible right now
page-failed-text = Please try again in a few minutes. Nothing has been lost.

page-link-gone = This link is no longer valid
page-link-gone-text = There is nothing left to do behind this link. Perhaps its time is over, or the appointment has been cancelled.

## Requests for rooms

approve-title = Request for a room
approve-request = Details of the request
approve-room = Room
approve-booker = Who
approve-until = If nobody answers, the request will be declined by itself on { $day } at { $clock }.
approve-reason = Reason (optional)
approve-reason-hint = Whoever has asked will read it.
approve-yes = Approve
approve-no = Decline
approve-approved = The request has been approved.
approve-declined = The request has been declined.
approve-gone = This request is no longer there.
approve-gone-more = It has been declined, withdrawn or changed.
approve-taken = The room has been taken for this time meanwhile.
approve-taken-more = The request can no longer be approved.

## Inviting a citizen

invite-title = Invite a citizen
invite-how = The invitation comes from the town. Your name, the others invited and the title of your meeting are not in it.
invite-mail = E-mail address
invite-mail-error = This is not the e-mail address of a citizen. A good one looks like: name@example.org
invite-language = Language of the invitation
invite-text = What should it say? (optional)
invite-text-hint = For example: Please bring: identity card.
invite-text-error = The text is too long. There is room for { $max } characters.
invite-send = Send invitation
invite-wrong = The invitation has not been sent.
invite-wrong-more = Please look at the fields below again.
invite-invited = The invitation is on its way.
invite-invited-more = You can invite somebody else here.

## Data protection

privacy-who = Who is responsible?
privacy-who-text = { $town } is responsible for these pages and for your appointment.
privacy-what = What do we store?
privacy-what-text =
    Time and place of your appointment, your e-mail address, the language in which we write to you, and what you should bring or know.
    Also whether you have accepted or cancelled, and what you have written to us as a request.
privacy-why = What for?
privacy-why-text = So that you can keep, move or cancel your appointment. This is part of our public tasks (Article 6(1)(e) of the General Data Protection Regulation).
privacy-who-sees = Who sees it?
privacy-who-sees-text =
    Only the person you are going to meet and their substitutes see your e-mail address. Others in the town hall see that the room is taken.
    We do not pass on your data. Your e-mail passes through the mail servers of your provider.
privacy-how-long = For how long?
privacy-how-long-text =
    We delete your data { $days ->
        [0] right after the appointment
        [one] one day after the appointment
       *[other] { $days } days after the appointment
    }. Departments can have another period; it is on the page of your appointment.
    After a cancellation we delete it after { $cancelled_days ->
        [one] one day
       *[other] { $cancelled_days } days
    }.
privacy-page = What does this page do?
privacy-page-text =
    It needs no account, sets no cookies, runs no programs in your browser and loads nothing from other providers.
    Your name and e-mail address are not on it. Whoever knows the link sees the appointment, so please do not pass it on.
    Our logs contain neither the link nor the address of your device.
privacy-rights = Your rights
privacy-rights-text =
    You can ask for information about your data, have it corrected or deleted, have its processing restricted, and object to it.
    Please turn to us or to our data protection officers. You can also complain to the data protection authority of your federal state.

## Accessibility

accessibility-state = These pages
accessibility-state-text =
    { $town } wants everybody to be able to use these pages. They are built by the rules of WCAG 2.1, level AA, and of the standard EN 301 549.
    They need no JavaScript, work with the keyboard and with screen readers, and can be enlarged to 400 percent.
    Barriers that we know of: none. Notes that departments write may be harder to understand.
accessibility-rooms = The way to us
accessibility-rooms-text = What we know about access and equipment of a room is on the page of your appointment. Do you need support, for example sign language? Then please tell us beforehand.
accessibility-feedback = Report a barrier
accessibility-feedback-text = Have you come across a barrier, or can you not read something? Call us. We will tell you everything on the phone, too.
accessibility-complaint = If we cannot help
accessibility-complaint-text = If you are not satisfied with our answer, you can turn to the monitoring or ombuds body for accessible information technology of your federal state.
