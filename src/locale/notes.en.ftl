# Letters to people of the town hall.

## A booking was refused

note-refused-subject = Not booked: { $room }
note-refused = { $room } could not be booked. Nothing has been entered.
note-refused-change = The change of your booking of { $room } was refused. The booking stays as it was.
note-asked = Asked for: { $when }.

note-declined-subject = Declined: { $room }
note-declined = { $room } does not take part in your meeting. The meeting is in your calendar, but without this room.
note-partly-subject = Booked in part: { $room }
note-approved-subject = Approved: { $room }
note-moved-away-subject = Room changed: { $to } instead of { $room }
note-moved-away-when = First date: { $when }.
note-moved-away = { $room } is closed at that time. Your booking is now in { $to }.

## Requests that wait for an answer

note-approval-subject = Request: { $room }, { $when }
note-approval = { $who } would like to book { $room }:
note-approval-until = Please answer by { $until }. After that the request counts as declined.
note-approval-link = See the request and answer

## Rooms that are invited by mail

mailed-accepted-subject = Accepted: { $room }, { $when }
mailed-accepted = { $room } is booked for you: { $when }.
mailed-partly-subject = Accepted in part: { $room }
mailed-partly = { $room } is booked for these times: { $when }.
mailed-awaiting-subject = Requested: { $room }, { $when }
mailed-awaiting = The request for { $room } has arrived: { $when }.
mailed-declined-subject = Declined: { $room }, { $when }
mailed-declined = { $room } is not booked for you: { $when }.
mailed-refresh-subject = Please send it again: { $room }, { $when }
mailed-refresh = The change for { $room } belongs to a meeting that is not known here. Please send the invitation to the whole series again.
mailed-counter-subject = Proposal declined: { $room }, { $when }
mailed-counter = { $room } can't take proposals. Please change the meeting and send the invitation again.
mailed-stays = The booking of { $room } stays as it was.
mailed-unreadable = The invitation to { $room } could not be read.
mailed-elsewhere = You keep this meeting in a calendar that the appointment server knows, and { $room } is not invited there. Please invite the room there.
mailed-invite = Invite a citizen

## What citizens did about their appointments

note-appointment = Appointment { $number }
note-appointment-when = Appointment { $number }: { $when }
note-appointment-when-where = Appointment { $number }: { $when }, { $room }
note-words = The message reads:

note-cancelled-subject = Appointment { $number } is cancelled
note-cancelled = The citizen has cancelled the appointment.
note-cancelled-next = The room is free again, and the appointment is cancelled in your calendar. There is nothing else to do.

note-moved-subject = Appointment { $number } has moved
note-moved = The citizen has moved the appointment to a time that was free.
note-moved-before = Before: { $when }
note-moved-next = Room and calendar have changed already. If the time does not suit you, move the appointment in your calendar; the citizen then gets a new message.

note-wish-subject = Appointment { $number }: another time is wished for
note-wish = The citizen wishes for another time. The appointment has not moved yet.
note-wish-time = Wished for: { $when }
note-wish-next = Move the appointment in your calendar, or phone. If you do nothing, the appointment stays as it is.

note-wrote-subject = Appointment { $number }: an answer of the citizen
note-wrote = There is an answer to the invitation to this appointment.
note-wrote-next = If you answer this mail, your answer goes straight to its sender. Nothing has changed about the appointment.

note-undelivered-subject = Appointment { $number }: mail not delivered
note-undelivered = A mail to the citizen could not be delivered.
note-undelivered-reason = Reason: { $reason }
note-reason-no-such-address = There is no such address.
note-reason-mailbox-full = The mailbox takes nothing at present.
note-reason-refused = The mail server has refused the mail.
note-undelivered-next = Please phone, or correct the address in the event: then the invitation goes out again. The room stays booked.

note-stranger-subject = Appointment { $number }: answer from another address
note-stranger = An answer about this appointment came from { $from }. Another address is invited; so nothing was changed.
note-stranger-next = Please ask the citizen if you think that the answer is genuine.

note-unproven-subject = { $room }: request by mail not taken
note-unproven = A meeting request came to { $room }, allegedly from { $from }. Nothing proves that it comes from somebody who books here. So nothing was changed, and nobody got an answer.
note-unproven-next = If you think that the request is real, please ask there. If it is about colleagues, the IT department can check whether the mail server confirms their addresses. You will not hear of this a second time today.

# Title of a booking whose citizen's data has been erased.
appointment-erased = Citizen's appointment (data erased)
