# Letters in Leichte Sprache: short sentences, one statement a line.

mail-subject-invited = { $dates ->
    [one] Ihr Termin { $where }: { $when }
   *[other] Ihre Termine { $where }: ab { $when }
}
mail-subject-moved = { $dates ->
    [one] Neue Zeit für Ihren Termin { $where }: { $when }
   *[other] Neue Zeiten für Ihre Termine { $where }: ab { $when }
}
mail-subject-room = { $dates ->
    [one] Neuer Raum für Ihren Termin { $where }: { $when }
   *[other] Neuer Raum für Ihre Termine { $where }: ab { $when }
}
mail-subject-changed = Neues zu Ihrem Termin { $where }: { $when }
mail-subject-cancelled = { $dates ->
    [one] Ihr Termin { $where } fällt aus: { $when }
   *[other] Ihre Termine { $where } fallen aus: ab { $when }
}
mail-subject-cancelled-self = Sie haben abgesagt: { $when }
mail-subject-reminder = Denken Sie an Ihren Termin { $where }: { $when }
mail-at-administration = bei der Stadt-Verwaltung

mail-heading-invited = { $dates ->
    [one] Sie haben einen Termin
   *[other] Sie haben { $dates } Termine
}
mail-heading-moved = Ihr Termin ist zu einer anderen Zeit
mail-heading-room = Ihr Termin ist in einem anderen Raum
mail-heading-changed = Bei Ihrem Termin ist etwas anders
mail-heading-cancelled = Ihr Termin fällt aus
mail-heading-cancelled-self = Sie haben den Termin abgesagt
mail-heading-reminder = Bald ist Ihr Termin
mail-greeting = Guten Tag.
mail-intro-invited = { $dates ->
    [one] Sie haben einen Termin { $where }.
   *[other] Sie haben { $dates } Termine { $where }.
}
mail-intro-moved =
    Ihr Termin ist zu einer anderen Zeit.
    Merken Sie sich die neue Zeit.
    Die alte Zeit gilt nicht mehr.
mail-intro-room =
    Ihr Termin ist in einem anderen Raum.
    Der Tag bleibt gleich.
    Die Uhrzeit bleibt gleich.
mail-intro-changed =
    Bei Ihrem Termin ist etwas anders.
    Das gilt jetzt:
mail-intro-cancelled =
    Ihr Termin fällt aus.
    Das tut uns leid.
    Sie müssen nicht kommen.
mail-intro-cancelled-self =
    Sie haben den Termin abgesagt.
    Wir wissen Bescheid.
    Vielen Dank.
mail-intro-reminder = Bald ist Ihr Termin { $where }.
mail-others-stay = Ihre anderen Termine bleiben.

mail-when-off = Fällt aus
mail-time-full-hour = { $hour }{ "\u00A0" }Uhr
mail-length-minutes = { $minutes ->
    [one] ungefähr 1 Minute
   *[other] ungefähr { $minutes } Minuten
}
mail-length-hours = { $hours ->
    [one] ungefähr 1 Stunde
   *[other] ungefähr { $hours } Stunden
}
mail-length-both = { $hours ->
    [one] ungefähr 1 Stunde
   *[other] ungefähr { $hours } Stunden
} und { $minutes ->
    [one] 1 Minute
   *[other] { $minutes } Minuten
}
mail-lasts = Der Termin dauert { $length }.

mail-where = Ort
mail-where-new = Neuer Ort
mail-where-unknown =
    Wir haben mit Ihnen über den Ort gesprochen.
    Oder wir sagen Ihnen den Ort noch.
mail-number = Ihre Nummer
mail-report-front-desk =
    Gehen Sie zur Anmeldung.
    Sagen Sie Ihre Nummer.
    Wir holen Sie ab.
mail-report-waiting-zone =
    Gehen Sie in den Warte-Bereich.
    Setzen Sie sich bitte.
    Wir rufen Ihre Nummer.
    Dann holen wir Sie ab.
mail-report-room-door = Gehen Sie gleich zu dem Raum.

mail-bring = Das ist wichtig für den Termin
mail-notice = Das müssen Sie über das Haus wissen
mail-cancel-or-move = Hier absagen oder ändern
mail-by-phone = Oder rufen Sie uns an: { $phone }
mail-new-appointment = Möchten Sie einen neuen Termin?
mail-call-us = Rufen Sie uns an: { $phone }
mail-write-us = Oder antworten Sie auf diese E-Mail.
mail-see-page = Mehr über den Termin
mail-save =
    Sie können den Termin im Handy speichern.
    Tippen Sie auf „Ja“ oder „Annehmen“.
    Sie müssen das nicht machen.
    Der Termin gilt immer.
mail-help =
    Brauchen Sie Hilfe?
    Zum Beispiel: Sie sprechen Gebärden-Sprache.
    Dann antworten Sie auf diese E-Mail.
mail-privacy = { $days ->
    [0] Daten-Schutz: Nach dem Termin löschen wir Ihre Daten.
    [one] Daten-Schutz: Einen Tag nach dem Termin löschen wir Ihre Daten.
   *[other] Daten-Schutz: { $days } Tage nach dem Termin löschen wir Ihre Daten.
}
mail-privacy-off = { $days ->
    [one] Daten-Schutz: Morgen löschen wir Ihre Daten.
   *[other] Daten-Schutz: In { $days } Tagen löschen wir Ihre Daten.
}
mail-privacy-more = Mehr über Daten-Schutz
mail-fact-step-free = { $value ->
    [yes] Auf dem Weg zum Raum gibt es keine Stufen.
    [no] Auf dem Weg zum Raum gibt es Stufen.
   *[other] Weg ohne Stufen: { $value }.
}
mail-fact-turning-space-cm = Für einen Rollstuhl sind { $value } cm Platz.
mail-fact-accessible-toilet = { $value ->
    [yes] Es gibt eine Toilette für Menschen mit Rollstuhl.
    [no] Es gibt keine Toilette für Menschen mit Rollstuhl.
   *[other] Toilette für Menschen mit Rollstuhl: { $value }.
}
mail-fact-accessible-parking = { $value ->
    [yes] Es gibt Park-Plätze für Menschen mit Behinderung.
    [no] Es gibt keine Park-Plätze für Menschen mit Behinderung.
   *[other] Park-Plätze für Menschen mit Behinderung: { $value }.
}
mail-fact-sign-language = { $value ->
    [yes] Es kann jemand kommen, der Gebärden-Sprache spricht.
    [no] Es kann niemand kommen, der Gebärden-Sprache spricht.
   *[other] Gebärden-Sprache: { $value }.
}

## In letters to look at

mail-sample =
    Bringen Sie Ihren Personal-Ausweis mit.

# Text of a test invitation, in the place of what the case worker writes.
mail-test =
    Das ist eine Test-Mail.
    Sie haben keinen Termin.
    Sie müssen nichts tun.
