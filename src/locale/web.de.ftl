# Pages.

## On every page

page-skip = Zum Inhalt
page-languages = Sprache
page-deutsch = Deutsch
page-simple = Leichte Sprache
page-english = English
page-town-hall = Rathaus
page-phone = Telefon
page-call = Rufen Sie uns an:
page-privacy = Datenschutz
page-accessibility = Barrierefreiheit
page-back = Zurück zum Termin

## The appointment

page-title = Ihr Termin
page-title-series = Ihre Termine
page-title-cancelled = Termin abgesagt
page-title-past = Termin vorbei
page-appointment = Angaben zum Termin
page-when = Wann
page-where = Wo
page-number = Ihre Terminnummer
page-for-citizen = Bitte beachten
page-notice = Hinweis zum Besuch
page-accessible = Barrierefreiheit
page-clock = { $from } bis { $to } Uhr

page-more-dates = { $count ->
    [one] und ein weiterer Termin
   *[other] und { $count } weitere Termine
}
page-kept = Wir löschen Ihre Angaben { $days ->
    [0] gleich nach dem Termin
    [one] einen Tag nach dem Termin
   *[other] { $days } Tage nach dem Termin
}.
page-help = Haben Sie Fragen oder brauchen Sie Hilfe?

## What can be done

page-accept = Ich komme
page-move = Verschieben
page-cancel = Termin absagen
page-calendar = In meinen Kalender
page-print = Drucken

## What has been done

page-accepted = Danke, wir wissen, dass Sie kommen.
page-moved = Ihr Termin ist verschoben.
page-moved-more = Unten steht die neue Zeit. Wir schicken sie Ihnen auch per E-Mail.
page-cancelled = Sie haben den Termin abgesagt.
page-cancelled-more = Danke, dass Sie Bescheid gesagt haben. Brauchen Sie einen neuen Termin?
page-date-cancelled = Ihre Absage ist angekommen.
page-date-cancelled-more = Unten stehen die Termine, die bleiben.
page-cancelled-by-town = Wir mussten diesen Termin leider absagen.
page-cancelled-by-town-more = Das tut uns leid. Gern vereinbaren wir einen neuen Termin mit Ihnen.
page-past = Dieser Termin ist vorbei.
page-wished = Ihr Wunsch ist angekommen.
page-wished-more = Wir melden uns bei Ihnen. Bis dahin bleibt es bei dem Termin, der unten steht.

## Calling it off

page-cancel-title = Termin absagen
page-cancel-sure = Möchten Sie diesen Termin wirklich absagen?
page-cancel-which = Welchen Termin möchten Sie absagen?
page-cancel-all = Alle Termine
page-cancel-hint = Die Zeit wird damit frei für andere. Rückgängig machen lässt sich das nicht.
page-cancel-yes = Ja, absagen
page-cancel-no = Nein, nicht absagen
page-choose = Bitte wählen Sie einen Termin aus.

## Moving it

page-move-title = Termin verschieben
page-move-now = Ihr Termin jetzt:
page-move-safe = Er bleibt für Sie reserviert, bis ein neuer feststeht.
page-move-which = Diese Zeiten sind frei. Welche passt Ihnen?
page-move-yes = Auf diese Zeit verschieben
page-move-earlier = Frühere Zeiten zeigen
page-move-later = Spätere Zeiten zeigen
page-move-none = Von hier aus ist keine andere Zeit frei.
page-move-by-phone = Diesen Termin können wir nur mit Ihnen gemeinsam verschieben.
page-taken = Diese Zeit ist leider vergeben.
page-taken-more = Jemand anderes war schneller. Ihr bisheriger Termin bleibt bestehen. Bitte wählen Sie eine andere Zeit.
page-wish-otherwise = Nichts dabei?
page-wish-title = Wir finden eine andere Zeit
page-wish-call = Bitte rufen Sie uns an:
page-wish-label = Oder schreiben Sie uns, wann es Ihnen passt
page-wish-hint = Zum Beispiel: nur nachmittags, ab der nächsten Woche. Sollen wir Sie anrufen? Dann schreiben Sie Ihre Telefonnummer dazu.
page-wish-send = Wunsch abschicken
page-wish-long = Ihr Text ist zu lang.
page-wish-long-more = Bitte fassen Sie sich kürzer.

## On paper and in calendars

page-print-how = Zum Drucken: Strg und P drücken, oder im Menü des Browsers „Drucken“ wählen.
page-print-cancel = Sie können nicht kommen? Bitte rufen Sie uns an:
page-code-calendar = In den Kalender: mit der Kamera des Telefons lesen
page-code-page = Absagen oder verschieben: mit der Kamera des Telefons lesen
page-calendar-number = Ihre Terminnummer: { $number }
page-calendar-onward = Absagen oder verschieben: { $url } – Telefon { $phone }

## Where nothing is

page-gone = Dieser Termin ist nicht mehr gespeichert
page-gone-text =
    Unter diesem Link ist kein Termin hinterlegt. Vielleicht ist er vorbei und Ihre Angaben sind schon gelöscht.
    Ist der Link in Ihrer E-Mail über zwei Zeilen verteilt? Dann kopieren Sie bitte beide Zeilen in die Adresszeile.
page-too-many = Zu viele Versuche
page-too-many-text = Bitte warten Sie eine Minute und öffnen Sie den Link aus Ihrer E-Mail dann noch einmal.
page-stale = Bitte sehen Sie noch einmal nach
page-stale-text =
    Ihr Auftrag wurde nicht ausgeführt: Inzwischen hat sich etwas geändert, oder die Seite war schon lange offen.
    Öffnen Sie die Seite bitte noch einmal. Dort können Sie alles wie gewohnt erledigen.
page-stale-onward = Seite noch einmal öffnen
page-unreadable = Das hat nicht geklappt
page-unreadable-text = Ihre Eingabe konnte nicht gelesen werden. Bitte gehen Sie zurück und versuchen Sie es noch einmal.
page-none = Diese Seite gibt es nicht
page-none-text = Bitte öffnen Sie den Link aus Ihrer E-Mail noch einmal.
page-failed = Das geht im Moment nicht
page-failed-text = Bitte versuchen Sie es in einigen Minuten noch einmal. Es ist nichts verloren gegangen.

page-link-gone = Dieser Link gilt nicht mehr
page-link-gone-text = Unter diesem Link gibt es nichts mehr zu tun. Vielleicht ist die Frist vorbei, oder der Termin wurde abgesagt.

## Requests for rooms

approve-title = Anfrage für einen Raum
approve-request = Angaben zur Anfrage
approve-room = Raum
approve-booker = Wer
approve-until = Antwortet niemand, wird die Anfrage am { $day }, um { $clock } Uhr von selbst abgelehnt.
approve-reason = Begründung (freiwillig)
approve-reason-hint = Wer angefragt hat, bekommt sie zu lesen.
approve-yes = Annehmen
approve-no = Ablehnen
approve-approved = Die Anfrage ist angenommen.
approve-declined = Die Anfrage ist abgelehnt.
approve-gone = Diese Anfrage gibt es nicht mehr.
approve-gone-more = Sie wurde abgelehnt, zurückgezogen oder geändert.
approve-taken = Der Raum ist zu dieser Zeit inzwischen belegt.
approve-taken-more = Die Anfrage kann nicht mehr angenommen werden.

## Inviting a citizen

invite-title = Bürgerin oder Bürger einladen
invite-how = Die Einladung kommt von der Stadt. Ihr Name, die übrigen Eingeladenen und der Titel Ihres Termins stehen nicht darin.
invite-mail = E-Mail-Adresse
invite-mail-error = Das ist keine E-Mail-Adresse einer Bürgerin oder eines Bürgers. Richtig ist zum Beispiel: name@example.org
invite-language = Sprache der Einladung
invite-text = Was soll darin stehen? (freiwillig)
invite-text-hint = Zum Beispiel: Bitte mitbringen: Personalausweis.
invite-text-error = Der Text ist zu lang. Möglich sind { $max } Zeichen.
invite-send = Einladung abschicken
invite-wrong = Die Einladung wurde nicht abgeschickt.
invite-wrong-more = Bitte sehen Sie sich die Felder unten noch einmal an.
invite-invited = Die Einladung ist unterwegs.
invite-invited-more = Hier können Sie noch jemanden einladen.

## Data protection

privacy-who = Wer ist verantwortlich?
privacy-who-text = { $town } ist für diese Seiten und für Ihren Termin verantwortlich.
privacy-what = Welche Angaben speichern wir?
privacy-what-text =
    Zeit und Ort Ihres Termins, Ihre E-Mail-Adresse, die Sprache, in der wir Ihnen schreiben, und was Sie zum Termin mitbringen oder wissen sollen.
    Dazu, ob Sie zugesagt oder abgesagt haben, und was Sie uns als Wunsch geschrieben haben.
privacy-why = Wozu?
privacy-why-text = Damit Sie Ihren Termin wahrnehmen, verschieben oder absagen können. Das gehört zu unseren öffentlichen Aufgaben (Artikel 6 Absatz 1 Buchstabe e der Datenschutz-Grundverordnung).
privacy-who-sees = Wer sieht sie?
privacy-who-sees-text =
    Nur die Person, mit der Sie verabredet sind, und ihre Vertretung sehen Ihre E-Mail-Adresse. Andere im Rathaus sehen, dass der Raum belegt ist.
    Wir geben Ihre Angaben nicht weiter. Ihre E-Mail geht durch die Mailserver Ihres Anbieters.
privacy-how-long = Wie lange?
privacy-how-long-text =
    Wir löschen Ihre Angaben { $days ->
        [0] gleich nach dem Termin
        [one] einen Tag nach dem Termin
       *[other] { $days } Tage nach dem Termin
    }. Einzelne Fachbereiche können eine andere Frist haben; sie steht auf der Seite Ihres Termins.
    Nach einer Absage löschen wir sie nach { $cancelled_days ->
        [one] einem Tag
       *[other] { $cancelled_days } Tagen
    }.
privacy-page = Was macht diese Seite?
privacy-page-text =
    Sie braucht keine Anmeldung, setzt keine Cookies, führt keine Programme in Ihrem Browser aus und lädt nichts von anderen Anbietern.
    Ihr Name und Ihre E-Mail-Adresse stehen nicht darauf. Wer den Link kennt, sieht den Termin; geben Sie ihn deshalb nicht weiter.
    In unseren Protokollen stehen weder der Link noch die Adresse Ihres Geräts.
privacy-rights = Ihre Rechte
privacy-rights-text =
    Sie können Auskunft über Ihre Angaben verlangen, sie berichtigen oder löschen lassen, ihre Verarbeitung einschränken lassen und ihr widersprechen.
    Wenden Sie sich dazu an uns oder an unsere Datenschutzbeauftragten. Sie können sich auch bei der Datenschutzaufsicht Ihres Bundeslands beschweren.

## Accessibility

accessibility-state = Diese Seiten
accessibility-state-text =
    { $town } möchte, dass alle Menschen diese Seiten nutzen können. Sie sind nach den Regeln der WCAG 2.1, Stufe AA, und der Norm EN 301 549 gebaut.
    Sie kommen ohne JavaScript aus, lassen sich mit der Tastatur bedienen, mit Vorleseprogrammen lesen und auf 400 Prozent vergrößern.
    Barrieren, von denen wir wissen: keine. Angaben, die Fachbereiche frei eintragen, können schwerer verständlich sein.
accessibility-rooms = Der Weg zu uns
accessibility-rooms-text = Was wir über Zugang und Ausstattung eines Raums wissen, steht auf der Seite Ihres Termins. Brauchen Sie Unterstützung, zum Beispiel Gebärdensprache? Dann sagen Sie uns bitte vorher Bescheid.
accessibility-feedback = Barriere melden
accessibility-feedback-text = Ist Ihnen eine Barriere aufgefallen, oder können Sie etwas nicht lesen? Rufen Sie uns an. Wir geben Ihnen alle Angaben auch am Telefon.
accessibility-complaint = Wenn wir nicht weiterhelfen
accessibility-complaint-text = Sind Sie mit unserer Antwort nicht zufrieden, können Sie sich an die Überwachungs- oder Ombudsstelle für barrierefreie Informationstechnik Ihres Bundeslands wenden.
