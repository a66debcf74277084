## Dates

date = { $weekday }, { $day }. { $month } { $year }
time-within-day = { $date }, { $from } bis { $to } Uhr
time-over-days = { $first }, { $from } Uhr, bis { $last }, { $to } Uhr
time-whole-day = { $date }, ganztägig
time-whole-days = { $first }, bis { $last }, ganztägig
weekday-1 = Montag
weekday-2 = Dienstag
weekday-3 = Mittwoch
weekday-4 = Donnerstag
weekday-5 = Freitag
weekday-6 = Samstag
weekday-7 = Sonntag
month-1 = Januar
month-2 = Februar
month-3 = März
month-4 = April
month-5 = Mai
month-6 = Juni
month-7 = Juli
month-8 = August
month-9 = September
month-10 = Oktober
month-11 = November
month-12 = Dezember

## What others see of a booking

busy = Belegt
busy-by = Belegt ({ $name })
appointment = Termin
hold = Vorgemerkt
calendar-own = Kalender
calendar-of = { $calendar } ({ $owner })
delegates-read = Wer die Kalender von { $owner } liest
delegates-write = Wer die Kalender von { $owner } führt
schedule-inbox = Posteingang
schedule-outbox = Postausgang

## Rooms

room-accessible = barrierefrei
room-seats = { $seats ->
    [one] 1 Platz
   *[other] { $seats } Plätze
}

## Why a room says no

refusal-busy = { $room } ist zu dieser Zeit belegt: { $when }.
refusal-busy-series = { $room } ist an einem Termin der Serie belegt, zuerst: { $when }. Die Serie wurde nicht gebucht.
refusal-self-overlap = Die Serie belegt { $room } zweimal zur selben Zeit: { $when }.
refusal-out-of-service = { $room } ist außer Betrieb und kann zurzeit nicht gebucht werden.
refusal-not-permitted = { $room } kann von Ihnen nicht gebucht werden.
refusal-not-permitted-only = { $room } kann nur von { $who } gebucht werden.
refusal-not-yours = Diese Buchung gehört einer anderen Person. Nur sie selbst, ihre Vertretung und die Raumverwaltung können sie ändern.
refusal-unbounded = Eine Serie ohne Ende kann in { $room } nicht gebucht werden. Bitte geben Sie ein Enddatum an.
refusal-too-many = Die Serie hat zu viele Termine. { $room } nimmt höchstens { $max } je Serie an.
refusal-beyond-horizon = { $room } kann nur bis { $until } gebucht werden.
refusal-by-invitation = Der Raum wurde zu diesem Termin eingeladen. Ändern lässt er sich nur im Kalender der Person, die eingeladen hat; hier kann er freigegeben, abgelehnt oder gelöscht werden.
refusal-answered = Über diese Anfrage ist schon entschieden.
refusal-too-many-holds = Sie haben in diesem Raum schon so viele Zeiten vorgemerkt, wie möglich ist.
refusal-past = { $room } kann nicht für eine vergangene Zeit gebucht werden.
refusal-too-soon = { $room } muss mindestens { $length } vorher gebucht werden.
refusal-too-short = { $room } wird für mindestens { $length } gebucht.
refusal-too-long = { $room } kann für höchstens { $length } gebucht werden.
refusal-off-grid = Buchungen in { $room } beginnen alle { $minutes } Minuten, zum Beispiel um { $before } oder { $after } Uhr.
refusal-all-day = { $room } kann nicht ganztägig gebucht werden.
refusal-seats = { $room } hat { $seats ->
    [one] 1 Platz
   *[other] { $seats } Plätze
}, erwartet werden { $people } Personen.
refusal-outside-hours = { $room } ist zu dieser Zeit nicht geöffnet: { $when }. Öffnungszeiten am { $weekday }: { $hours } Uhr.
refusal-closed-weekday = { $room } ist am { $date } geschlossen.
refusal-holiday = { $room } ist am { $date } geschlossen: { $holiday }.
refusal-closure-day = { $room } ist am { $date } geschlossen: { $why }.
refusal-blackout = { $room } ist gesperrt: { $when } ({ $why }).
refusal-no-series = In { $room } können keine Serien gebucht werden.
refusal-quota-bookings = In { $room } kann eine Person höchstens { $max } kommende Buchungen haben.
refusal-quota-hours = In { $room } kann eine Person höchstens { $max } Stunden je Woche buchen. Überschritten in der Woche ab { $week }.
refusal-held = { $room } ist zu dieser Zeit vorgemerkt, bis { $until } Uhr entschieden ist: { $when }.
request-approved = Die Anfrage für { $room } ist freigegeben.
request-declined = Die Anfrage für { $room } wurde abgelehnt.
request-dates-declined = Einzelne Termine in { $room } wurden abgelehnt.
request-expired = Über die Anfrage für { $room } hat niemand rechtzeitig entschieden; sie ist abgelehnt.
request-reason = Grund: { $reason }
declined-title = ABGELEHNT: { $title }
refusal-uid-in-use = In { $room } steht schon eine andere Buchung mit derselben Kennung (UID). Bitte legen Sie den Termin neu an.
reply-awaiting = { $room } ist reserviert, bis über die Buchung entschieden ist.
reply-partly = { $room } ist gebucht, aber nicht für { $count ->
    [one] diesen Termin
   *[other] diese { $count } Termine
}: { $dates }.
reply-pool = Kein Raum von { $pool }, den Sie buchen können, ist zu dieser Zeit frei.
reply-still-free = { $room } wäre noch frei.
refusal-ask = Auskunft gibt: { $whom }.
alternatives = Stattdessen frei: { $list }.
alternative = { $room }, { $when }
alternative-with-approval = { $room }, { $when } (nach Freigabe)

## Lengths of time

length-minutes = { $count ->
    [one] 1 Minute
   *[other] { $count } Minuten
}
length-hours = { $count ->
    [one] 1 Stunde
   *[other] { $count } Stunden
}
length-days = { $count ->
    [one] 1 Tag
   *[other] { $count } Tage
}

## Public holidays

holiday-new-year = Neujahr
holiday-epiphany = Heilige Drei Könige
holiday-womens-day = Internationaler Frauentag
holiday-good-friday = Karfreitag
holiday-easter-sunday = Ostersonntag
holiday-easter-monday = Ostermontag
holiday-labour-day = Tag der Arbeit
holiday-liberation-day = Tag der Befreiung
holiday-ascension = Christi Himmelfahrt
holiday-whit-sunday = Pfingstsonntag
holiday-whit-monday = Pfingstmontag
holiday-corpus-christi = Fronleichnam
holiday-uprising-day = Jahrestag des Aufstandes vom 17. Juni 1953
holiday-assumption = Mariä Himmelfahrt
holiday-childrens-day = Weltkindertag
holiday-unity-day = Tag der Deutschen Einheit
holiday-reformation-day = Reformationstag
holiday-all-saints = Allerheiligen
holiday-repentance-day = Buß- und Bettag
holiday-christmas-day = 1. Weihnachtstag
holiday-boxing-day = 2. Weihnachtstag

## A room that is closed for a time

room-closed = Raum geschlossen

## What would become of a booking

explain-yes = Ja: { $user } kann buchen: { $room }, { $when }.
explain-with-approval = Ja, nach Freigabe: { $user } kann anfragen: { $room }, { $when }.
explain-no = Nein: { $user } kann nicht buchen: { $room }, { $when }.
explain-decides = Es entscheidet die Regel { $rule }: { $why }
explain-further = Außerdem { $rule }: { $why }

## By what people and rooms are found

search-displayname = Name
search-email = Mailadresse
search-first-name = Vorname
search-last-name = Nachname
search-user-type = Art (Person, Gruppe, Raum)
search-user-address = Kalenderadresse

## The demo town

role-case-worker = Sachbearbeitung
role-front-desk = Anmeldung
role-room-admin = Raumverwaltung
role-app-admin = Fachadministration
role-dpo = Datenschutz
role-operator = Technik
demo-running = Terminraum läuft: { $url }
demo-data = Daten: { $data }
demo-logins = Anmelden als (Kennwort für alle: { $password })
demo-thunderbird =
    { "  " }Kalender → Neuer Kalender … → Im Netzwerk
    { "  " }Benutzername: { $login }
    { "  " }Adresse:      { $url }
    { "  " }„Kalender suchen“, Kennwort eingeben, Räume ankreuzen, „Abonnieren“.
demo-iphone =
    { "  " }Einstellungen → Apps → Kalender → Kalenderaccounts → Account hinzufügen → Andere → CalDAV
    { "  " }Server:       { $server }
    { "  " }Benutzername: { $login }
demo-davx5 =
    { "  " }Konto hinzufügen → Mit URL und Benutzername anmelden
    { "  " }Basis-URL:    { $url }
    { "  " }Benutzername: { $login }
demo-phones = Ein Telefon braucht eine Adresse, die es über HTTPS erreicht: etwa mit einem Reverse-Proxy davor (deploy/Caddyfile).
demo-mail = Briefe an Bürgerinnen und Bürger verlassen diesen Rechner nicht; sie liegen als Dateien in { $folder }
demo-stop = Beenden: Strg+C
