## Dates

date = { $weekday }, { $day } { $month } { $year }
time-within-day = { $date }, { $from } to { $to }
time-over-days = { $first }, { $from }, to { $last }, { $to }
time-whole-day = { $date }, all day
time-whole-days = { $first } to { $last }, all day
weekday-1 = Monday
weekday-2 = Tuesday
weekday-3 = Wednesday
weekday-4 = Thursday
weekday-5 = Friday
weekday-6 = Saturday
weekday-7 = Sunday
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December

## What others see of a booking

busy = Busy
busy-by = Busy ({ $name })
appointment = Appointment
hold = On hold
calendar-own = Calendar
calendar-of = { $calendar } ({ $owner })
delegates-read = Who reads the calendars of { $owner }
delegates-write = Who keeps the calendars of { $owner }
schedule-inbox = Inbox
schedule-outbox = Outbox

## Rooms

room-accessible = accessible
room-seats = { $seats ->
    [one] 1 seat
   *[other] { $seats } seats
}

## Why a room says no

refusal-busy = { $room } is taken at that time: { $when }.
refusal-busy-series = { $room } is taken on a date of the series, first: { $when }. The series was not booked.
refusal-self-overlap = The series takes { $room } twice at the same time: { $when }.
refusal-out-of-service = { $room } is out of service and can't be booked at present.
refusal-not-permitted = You may not book { $room }.
refusal-not-permitted-only = { $room } can be booked only by { $who }.
refusal-not-yours = This booking belongs to somebody else. Only they, their substitutes and the room's managers can change it.
refusal-unbounded = A series without an end can't be booked in { $room }. Please give it an end date.
refusal-too-many = The series has too many dates. { $room } takes at most { $max } in one series.
refusal-beyond-horizon = { $room } can be booked only until { $until }.
refusal-by-invitation = The room was invited to this event. It can only be changed in the calendar of whoever invited it; here it can be approved, declined or deleted.
refusal-answered = This request has been decided already.
refusal-too-many-holds = You hold as many times of this room as possible already.
refusal-past = { $room } can't be booked for a time that is over.
refusal-too-soon = { $room } must be booked at least { $length } before.
refusal-too-short = { $room } is booked for at least { $length }.
refusal-too-long = { $room } can be booked for at most { $length }.
refusal-off-grid = Bookings in { $room } start every { $minutes } minutes, for example at { $before } or { $after }.
refusal-all-day = { $room } can't be booked for whole days.
refusal-seats = { $room } has { $seats ->
    [one] 1 seat
   *[other] { $seats } seats
}, { $people } people are expected.
refusal-outside-hours = { $room } is not open at that time: { $when }. Opening hours on { $weekday }: { $hours }.
refusal-closed-weekday = { $room } is closed on { $date }.
refusal-holiday = { $room } is closed on { $date }: { $holiday }.
refusal-closure-day = { $room } is closed on { $date }: { $why }.
refusal-blackout = { $room } is blocked: { $when } ({ $why }).
refusal-no-series = { $room } can't be booked for a series.
refusal-quota-bookings = One person can have at most { $max } bookings to come in { $room }.
refusal-quota-hours = One person can book { $room } for at most { $max } hours a week. Exceeded in the week from { $week }.
refusal-held = { $room } is on hold at that time, until it is decided by { $until }: { $when }.
request-approved = The request for { $room } is approved.
request-declined = The request for { $room } was declined.
request-dates-declined = Some dates in { $room } were declined.
request-expired = Nobody decided about the request for { $room } in time; it is declined.
request-reason = Reason: { $reason }
declined-title = DECLINED: { $title }
refusal-uid-in-use = Another booking of { $room } has the same identifier (UID). Please create the event anew.
reply-awaiting = { $room } is reserved until the booking has been decided.
reply-partly = { $room } is booked, but not for { $count ->
    [one] this date
   *[other] these { $count } dates
}: { $dates }.
reply-pool = No room of { $pool } that you can book is free at that time.
reply-still-free = { $room } would still be free.
refusal-ask = Please ask: { $whom }.
alternatives = Free instead: { $list }.
alternative = { $room }, { $when }
alternative-with-approval = { $room }, { $when } (with approval)

## Lengths of time

length-minutes = { $count ->
    [one] 1 minute
   *[other] { $count } minutes
}
length-hours = { $count ->
    [one] 1 hour
   *[other] { $count } hours
}
length-days = { $count ->
    [one] 1 day
   *[other] { $count } days
}

## Public holidays

holiday-new-year = New Year's Day
holiday-epiphany = Epiphany
holiday-womens-day = International Women's Day
holiday-good-friday = Good Friday
holiday-easter-sunday = Easter Sunday
holiday-easter-monday = Easter Monday
holiday-labour-day = Labour Day
holiday-liberation-day = Liberation Day
holiday-ascension = Ascension Day
holiday-whit-sunday = Whit Sunday
holiday-whit-monday = Whit Monday
holiday-corpus-christi = Corpus Christi
holiday-uprising-day = Anniversary of the uprising of 17 June 1953
holiday-assumption = Assumption Day
holiday-childrens-day = World Children's Day
holiday-unity-day = German Unity Day
holiday-reformation-day = Reformation Day
holiday-all-saints = All Saints' Day
holiday-repentance-day = Day of Repentance and Prayer
holiday-christmas-day = Christmas Day
holiday-boxing-day = Boxing Day

## A room that is closed for a time

room-closed = Room closed

## What would become of a booking

explain-yes = Yes: { $user } can book: { $room }, { $when }.
explain-with-approval = Yes, with approval: { $user } can ask for: { $room }, { $when }.
explain-no = No: { $user } cannot book: { $room }, { $when }.
explain-decides = The rule { $rule } decides: { $why }
explain-further = Also { $rule }: { $why }

## By what people and rooms are found

search-displayname = Name
search-email = Mail address
search-first-name = First name
search-last-name = Last name
search-user-type = Kind (person, group, room)
search-user-address = Calendar address

## The demo town

role-case-worker = case worker
role-front-desk = front desk
role-room-admin = room administration
role-app-admin = administrator
role-dpo = data protection
role-operator = operations
demo-running = Terminraum is running: { $url }
demo-data = Data: { $data }
demo-logins = Sign in as (password for all: { $password })
demo-thunderbird =
    { "  " }Calendar → New Calendar … → On the Network
    { "  " }Username: { $login }
    { "  " }Location: { $url }
    { "  " }“Find Calendars”, enter the password, tick the rooms, “Subscribe”.
demo-iphone =
    { "  " }Settings → Apps → Calendar → Calendar Accounts → Add Account → Other → CalDAV
    { "  " }Server:    { $server }
    { "  " }User Name: { $login }
demo-davx5 =
    { "  " }Add account → Login with URL and user name
    { "  " }Base URL:  { $url }
    { "  " }User name: { $login }
demo-phones = A phone needs an address that it reaches by HTTPS: for example with a reverse proxy in front (deploy/Caddyfile).
demo-mail = Letters to citizens do not leave this machine; they lie as files in { $folder }
demo-stop = To stop: Ctrl+C
