# Pages in Leichte Sprache. What is not here is said in ordinary German.

page-skip = Zum Text
page-call = Rufen Sie uns an:
page-privacy = Daten-Schutz
page-accessibility = Barriere-Freiheit
page-back = Zurück zum Termin
page-help = Sie haben Fragen? Sie brauchen Hilfe?

## The appointment

page-title-cancelled = Der Termin fällt aus
page-title-past = Der Termin ist vorbei
page-appointment = Das ist der Termin
page-number = Ihre Nummer
page-for-citizen = Wichtig für Sie
page-notice = Wichtig für den Besuch
page-accessible = Barriere-Freiheit

page-kept = Wir löschen Ihre Daten { $days ->
    [0] sofort nach dem Termin
    [one] 1 Tag nach dem Termin
   *[other] { $days } Tage nach dem Termin
}.

## What can be done

page-move = Ich möchte eine andere Zeit
page-cancel = Ich komme nicht
page-calendar = In meinen Kalender
page-accepted = Danke. Wir wissen: Sie kommen.
page-moved = Ihr Termin hat eine neue Zeit.
page-moved-more = Die neue Zeit steht unten. Sie bekommen auch eine E-Mail.
page-cancelled = Sie haben den Termin abgesagt.
page-cancelled-more = Danke. Sie müssen nicht kommen. Sie brauchen einen neuen Termin?
page-date-cancelled = Sie haben einen Termin abgesagt.
page-date-cancelled-more = Die anderen Termine stehen unten. Sie bleiben.
page-cancelled-by-town = Der Termin fällt leider aus.
page-cancelled-by-town-more = Sie müssen nicht kommen. Wir machen gern einen neuen Termin mit Ihnen.
page-past = Der Termin ist vorbei.
page-wished = Ihr Wunsch ist da.
page-wished-more = Wir melden uns bei Ihnen. Bis dahin gilt der Termin unten.
page-cancel-title = Ich komme nicht
page-cancel-sure = Wollen Sie den Termin wirklich absagen?
page-cancel-which = Welchen Termin wollen Sie absagen?
page-cancel-hint = Dann haben Sie keinen Termin mehr. Das können Sie nicht zurück-nehmen.
page-cancel-yes = Ja, ich sage ab
page-cancel-no = Nein, ich komme
page-choose = Bitte wählen Sie einen Termin.
page-move-title = Ich möchte eine andere Zeit
page-move-now = Ihr Termin ist jetzt:
page-move-safe = Der Termin gilt, bis Sie einen neuen haben.
page-move-which = Diese Zeiten sind frei. Wählen Sie eine Zeit.
page-move-yes = Diese Zeit nehmen
page-move-earlier = Frühere Zeiten
page-move-later = Spätere Zeiten
page-move-none = Es ist keine andere Zeit frei.
page-move-by-phone = Bitte sprechen Sie mit uns über eine andere Zeit.
page-taken = Diese Zeit ist leider weg.
page-taken-more = Jemand anders war schneller. Ihr alter Termin gilt noch. Wählen Sie eine andere Zeit.
page-wish-otherwise = Keine Zeit passt?
page-wish-title = Wir suchen eine andere Zeit
page-wish-call = Rufen Sie uns an:
page-wish-label = Oder schreiben Sie uns: Wann haben Sie Zeit?
page-wish-hint = Schreiben Sie auch Ihre Telefon-Nummer. Dann rufen wir Sie an.
page-wish-send = Wunsch abschicken
page-wish-long = Ihr Text ist zu lang.
page-wish-long-more = Bitte schreiben Sie weniger.
page-print-how = Zum Drucken: Drücken Sie Strg und P.
page-print-cancel = Sie können nicht kommen? Rufen Sie uns an:
page-gone = Diesen Termin gibt es hier nicht mehr
page-gone-text =
    Vielleicht ist der Termin vorbei. Dann haben wir Ihre Daten gelöscht.
    Vielleicht fehlt ein Teil vom Link.
page-too-many = Bitte warten Sie
page-too-many-text = Warten Sie 1 Minute. Dann öffnen Sie den Link noch einmal.
page-stale = Bitte noch einmal
page-stale-text =
    Es ist nichts passiert. Etwas ist jetzt anders als vorher.
    Bitte öffnen Sie die Seite noch einmal.
