# Letters to citizens. A department may put its own texts in the place of many of them.

## Subjects

mail-subject-invited = { $dates ->
    [one] Ihr Termin { $where } am { $when }
   *[other] Ihre Termine { $where } ab { $when }
}
mail-subject-moved = { $dates ->
    [one] Neue Zeit: Ihr Termin { $where } am { $when }
   *[other] Neue Zeiten: Ihre Termine { $where } ab { $when }
}
mail-subject-room = { $dates ->
    [one] Neuer Raum: Ihr Termin { $where } am { $when }
   *[other] Neuer Raum: Ihre Termine { $where } ab { $when }
}
mail-subject-changed = { $dates ->
    [one] Geändert: Ihr Termin { $where } am { $when }
   *[other] Geändert: Ihre Termine { $where } ab { $when }
}
mail-subject-cancelled = { $dates ->
    [one] Abgesagt: Ihr Termin { $where } am { $when }
   *[other] Abgesagt: Ihre Termine { $where } ab { $when }
}
mail-subject-cancelled-self = { $dates ->
    [one] Ihre Absage ist angekommen: Termin am { $when }
   *[other] Ihre Absage ist angekommen: Termine ab { $when }
}
mail-subject-reminder = Erinnerung: Ihr Termin { $where } am { $when }
mail-subject-undated = Ihr Termin { $where } ({ $number })
mail-at-town-hall = im Rathaus
mail-at-administration = bei der Stadtverwaltung

## What it is

mail-heading-invited = { $dates ->
    [one] Ihr Termin
   *[other] Ihre Termine
}
mail-heading-moved = { $dates ->
    [one] Ihr Termin hat eine neue Zeit
   *[other] Ihre Termine haben neue Zeiten
}
mail-heading-room = Nur der Raum ist neu
mail-heading-changed = Zu Ihrem Termin gibt es etwas Neues
mail-heading-cancelled = { $dates ->
    [one] Ihr Termin fällt leider aus
   *[other] Ihre Termine fallen leider aus
}
mail-heading-cancelled-self = Ihre Absage ist angekommen
mail-heading-reminder = Bald ist Ihr Termin
mail-greeting = Guten Tag,
mail-intro-invited = { $dates ->
    [one] wie besprochen haben wir für Sie einen Termin { $where } eingetragen.
   *[other] wie besprochen haben wir für Sie { $dates } Termine { $where } eingetragen.
}
mail-intro-moved = { $dates ->
    [one] Ihr Termin ist verschoben. Bitte merken Sie sich die neue Zeit.
   *[other] Ihre Termine sind verschoben. Bitte merken Sie sich die neuen Zeiten.
}
mail-intro-room = Ihr Termin findet in einem anderen Raum statt. Tag und Uhrzeit bleiben, wie sie waren.
mail-intro-changed = zu Ihrem Termin hat sich etwas geändert. Hier steht alles, was jetzt gilt.
mail-intro-cancelled = { $dates ->
    [one] wir müssen Ihren Termin leider absagen. Bitte entschuldigen Sie das. Sie brauchen nicht zu kommen.
   *[other] wir müssen diese Termine leider absagen. Bitte entschuldigen Sie das. Sie brauchen nicht zu kommen.
}
mail-intro-cancelled-self = { $dates ->
    [one] Sie haben diesen Termin abgesagt. Danke, dass Sie Bescheid gegeben haben.
   *[other] Sie haben diese Termine abgesagt. Danke, dass Sie Bescheid gegeben haben.
}
mail-intro-reminder = wir erinnern Sie an Ihren Termin { $where }.
mail-others-stay = Ihre anderen Termine bleiben, wie sie sind.

## When

mail-when = Wann
mail-when-new = Neue Zeit
mail-when-old = Alte Zeit
mail-when-off = Abgesagt
mail-day = Tag
mail-clock = Uhrzeit
mail-old-void = gilt nicht mehr
mail-time = { $hour }:{ $minute }{ "\u00A0" }Uhr
mail-time-full-hour = { $hour }:00{ "\u00A0" }Uhr
mail-moment = { $day }, { $time }
mail-length-note = { $length }
mail-moment-length = { $moment } ({ $length })
mail-length-minutes = { $minutes ->
    [one] etwa 1 Minute
   *[other] etwa { $minutes } Minuten
}
mail-length-hours = { $hours ->
    [one] etwa 1 Stunde
   *[other] etwa { $hours } Stunden
}
mail-length-both = { $hours ->
    [one] etwa 1 Stunde
   *[other] etwa { $hours } Stunden
} { $minutes ->
    [one] 1 Minute
   *[other] { $minutes } Minuten
}
mail-lasts = Dauer: { $length }
mail-dates-more = { $count ->
    [one] und ein weiterer Termin
   *[other] und { $count } weitere Termine
}
mail-weekday-1 = Mo.
mail-weekday-2 = Di.
mail-weekday-3 = Mi.
mail-weekday-4 = Do.
mail-weekday-5 = Fr.
mail-weekday-6 = Sa.
mail-weekday-7 = So.
mail-day-short = { $weekday }, { $date }

## Where

mail-where = Wo
mail-where-new = Neuer Raum
mail-where-unknown = Den Ort haben wir mit Ihnen besprochen, oder wir sagen ihn Ihnen noch.
mail-way = Weg
mail-number = Ihre Terminnummer
mail-report-front-desk = Bitte melden Sie sich an der Anmeldung mit Ihrer Terminnummer. Wir holen Sie ab.
mail-report-waiting-zone = Bitte nehmen Sie in der Wartezone Platz. Wir holen Sie dort ab und rufen nur Ihre Terminnummer.
mail-report-room-door = Bitte kommen Sie zur angegebenen Zeit direkt zum Raum.

## What else to know

mail-bring = Bitte mitbringen oder beachten
mail-notice = Hinweis zum Gebäude
mail-cannot-come = Sie können nicht kommen?
mail-cancel-or-move = Absagen oder verschieben
mail-by-phone = Oder Telefon { $phone }
mail-new-appointment = Möchten Sie einen neuen Termin?
mail-call-us = Rufen Sie uns gern an: { $phone }
mail-write-us = Sie können auch einfach auf diese E-Mail antworten.
mail-see-page = Seite zu Ihrem Termin
mail-save = So kommt der Termin in Ihren Kalender: Tippen Sie auf „Ja“ oder „Annehmen“, oder öffnen Sie die Datei termin.ics. Wenn Sie nichts tun, gilt der Termin auch.
mail-help = Brauchen Sie Hilfe, zum Beispiel eine Gebärdensprachdolmetscherin? Antworten Sie einfach auf diese E-Mail.
mail-closing = Freundliche Grüße
mail-privacy = { $days ->
    [0] Datenschutz: Wir löschen Ihre Angaben gleich nach dem Termin.
    [one] Datenschutz: Wir löschen Ihre Angaben einen Tag nach dem Termin.
   *[other] Datenschutz: Wir löschen Ihre Angaben { $days } Tage nach dem Termin.
}
mail-privacy-off = { $days ->
    [one] Datenschutz: Wir löschen Ihre Angaben einen Tag nach der Absage.
   *[other] Datenschutz: Wir löschen Ihre Angaben { $days } Tage nach der Absage.
}
mail-privacy-more = Mehr zum Datenschutz
mail-fact-step-free = { $value ->
    [yes] Der Raum ist stufenlos erreichbar.
    [no] Der Raum ist leider nicht stufenlos erreichbar.
   *[other] Stufenlos erreichbar: { $value }.
}
mail-fact-lift = { $value ->
    [yes] Es gibt einen Aufzug.
    [no] Es gibt keinen Aufzug.
   *[other] Aufzug: { $value }.
}
mail-fact-door-width-cm = Die Tür ist { $value } cm breit.
mail-fact-turning-space-cm = Zum Wenden mit dem Rollstuhl sind { $value } cm Platz.
mail-fact-table-wheelchair = { $value ->
    [yes] Am Tisch ist Platz für einen Rollstuhl.
    [no] Unter den Tisch passt kein Rollstuhl.
   *[other] Tisch für Rollstühle: { $value }.
}
mail-fact-accessible-toilet = { $value ->
    [yes] Es gibt eine rollstuhlgerechte Toilette.
    [no] Es gibt keine rollstuhlgerechte Toilette.
   *[other] Rollstuhlgerechte Toilette: { $value }.
}
mail-fact-accessible-parking = { $value ->
    [yes] Es gibt Parkplätze für Menschen mit Behinderung.
    [no] Es gibt keine Parkplätze für Menschen mit Behinderung.
   *[other] Parkplätze für Menschen mit Behinderung: { $value }.
}
mail-fact-induction-loop = { $value ->
    [yes] Für Hörgeräte gibt es eine Induktionsschleife.
    [no] Es gibt keine Induktionsschleife für Hörgeräte.
   *[other] Induktionsschleife für Hörgeräte: { $value }.
}
mail-fact-sign-language = { $value ->
    [yes] Auf Wunsch wird in Gebärdensprache gedolmetscht.
    [no] In Gebärdensprache kann leider nicht gedolmetscht werden.
   *[other] Dolmetschen in Gebärdensprache: { $value }.
}
mail-fact-tactile-guidance = { $value ->
    [yes] Es gibt ein Leitsystem für blinde Menschen.
    [no] Es gibt kein Leitsystem für blinde Menschen.
   *[other] Leitsystem für blinde Menschen: { $value }.
}
mail-fact-guide-dogs = { $value ->
    [yes] Assistenzhunde sind willkommen.
    [no] Assistenzhunde können leider nicht mitkommen.
   *[other] Assistenzhunde: { $value }.
}

## In the citizen's calendar

mail-summary = Termin { $where } ({ $number })
mail-contact = { $town }, Telefon { $phone }

## To people of the town hall

mail-note-sender = Raumbuchung { $town }
mail-note-footer = Diese Nachricht kommt von der Raumbuchung.

## In letters to look at

mail-sample =
    Personalausweis
    Unterlagen, die Sie schon haben

# Text of a test invitation, in the place of what the case worker writes.
mail-test = Dies ist eine Test-Mail: Es gibt keinen Termin, und Sie müssen nichts tun.
