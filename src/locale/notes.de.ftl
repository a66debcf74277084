# Letters to people of the town hall.

## A booking was refused

note-refused-subject = Nicht gebucht: { $room }
note-refused = { $room } konnte nicht gebucht werden. Es ist nichts eingetragen.
note-refused-change = Die Änderung Ihrer Buchung in { $room } wurde abgelehnt. Die Buchung bleibt, wie sie war.
note-asked = Angefragt: { $when }.

note-declined-subject = Abgelehnt: { $room }
note-declined = { $room } kommt zu Ihrem Termin nicht dazu. Der Termin steht in Ihrem Kalender, aber ohne diesen Raum.
note-partly-subject = Teilweise gebucht: { $room }
note-approved-subject = Freigegeben: { $room }
note-moved-away-subject = Raum geändert: { $to } statt { $room }
note-moved-away-when = Erster Termin: { $when }.
note-moved-away = { $room } ist zu dieser Zeit geschlossen. Ihre Buchung ist jetzt in { $to }.

## Requests that wait for an answer

note-approval-subject = Anfrage: { $room }, { $when }
note-approval = { $who } möchte { $room } buchen:
note-approval-until = Bitte antworten Sie bis { $until } Uhr. Danach gilt die Anfrage als abgelehnt.
note-approval-link = Anfrage ansehen und antworten

## Rooms that are invited by mail

mailed-accepted-subject = Zugesagt: { $room }, { $when }
mailed-accepted = { $room } ist für Sie gebucht: { $when }.
mailed-partly-subject = Teilweise zugesagt: { $room }
mailed-partly = { $room } ist für diese Zeiten gebucht: { $when }.
mailed-awaiting-subject = Angefragt: { $room }, { $when }
mailed-awaiting = Die Anfrage für { $room } ist eingegangen: { $when }.
mailed-declined-subject = Abgelehnt: { $room }, { $when }
mailed-declined = { $room } ist nicht für Sie gebucht: { $when }.
mailed-refresh-subject = Bitte noch einmal senden: { $room }, { $when }
mailed-refresh = Die Änderung für { $room } gehört zu einem Termin, der hier nicht bekannt ist. Bitte senden Sie die Einladung zur ganzen Serie noch einmal.
mailed-counter-subject = Vorschlag abgelehnt: { $room }, { $when }
mailed-counter = { $room } kann keine Gegenvorschläge annehmen. Bitte ändern Sie den Termin, und senden Sie die Einladung noch einmal.
mailed-stays = Die bisherige Buchung in { $room } bleibt bestehen.
mailed-unreadable = Die Einladung an { $room } konnte nicht gelesen werden.
mailed-elsewhere = Diesen Termin führen Sie in einem Kalender, den der Terminserver kennt, und { $room } ist dort nicht eingeladen. Bitte laden Sie den Raum dort ein.
mailed-invite = Bürgerin/Bürger einladen

## What citizens did about their appointments

note-appointment = Terminnummer { $number }
note-appointment-when = Terminnummer { $number }: { $when }
note-appointment-when-where = Terminnummer { $number }: { $when }, { $room }
note-words = Die Nachricht lautet:

note-cancelled-subject = Termin { $number } ist abgesagt
note-cancelled = Die Bürgerin oder der Bürger hat den Termin abgesagt.
note-cancelled-next = Der Raum ist wieder frei, und in Ihrem Kalender ist der Termin abgesagt. Sie müssen nichts weiter tun.

note-moved-subject = Termin { $number } ist verschoben
note-moved = Die Bürgerin oder der Bürger hat den Termin auf eine freie Zeit verschoben.
note-moved-before = Vorher: { $when }
note-moved-next = Raum und Kalender sind schon geändert. Passt Ihnen die Zeit nicht, verschieben Sie den Termin in Ihrem Kalender; die Bürgerin oder der Bürger bekommt dann eine neue Nachricht.

note-wish-subject = Termin { $number }: andere Zeit gewünscht
note-wish = Die Bürgerin oder der Bürger wünscht eine andere Zeit. Der Termin ist noch nicht verschoben.
note-wish-time = Gewünscht: { $when }
note-wish-next = Verschieben Sie den Termin in Ihrem Kalender, oder rufen Sie an. Wenn Sie nichts tun, bleibt der Termin, wie er ist.

note-wrote-subject = Termin { $number }: Antwort der Bürgerin oder des Bürgers
note-wrote = Auf die Einladung zu diesem Termin kam eine Antwort.
note-wrote-next = Wenn Sie auf diese E-Mail antworten, geht Ihre Antwort direkt an die Absenderin oder den Absender. Am Termin hat sich nichts geändert.

note-undelivered-subject = Termin { $number }: E-Mail nicht zugestellt
note-undelivered = Eine E-Mail an die Bürgerin oder den Bürger konnte nicht zugestellt werden.
note-undelivered-reason = Grund: { $reason }
note-reason-no-such-address = Diese Adresse gibt es nicht.
note-reason-mailbox-full = Das Postfach nimmt gerade nichts an.
note-reason-refused = Der Mailserver hat die E-Mail abgelehnt.
note-undelivered-next = Bitte rufen Sie an, oder berichtigen Sie die Adresse im Termin: Dann geht die Einladung noch einmal hinaus. Der Raum bleibt gebucht.

note-stranger-subject = Termin { $number }: Antwort von einer anderen Adresse
note-stranger = Von { $from } kam eine Antwort zu diesem Termin. Eingeladen ist eine andere Adresse; deshalb wurde nichts geändert.
note-stranger-next = Bitte fragen Sie bei der Bürgerin oder dem Bürger nach, wenn Sie die Antwort für echt halten.

note-unproven-subject = { $room }: Anfrage per E-Mail nicht übernommen
note-unproven = An { $room } kam eine Besprechungsanfrage, angeblich von { $from }. Es ist nicht nachgewiesen, dass sie von jemandem kommt, der hier bucht. Deshalb wurde nichts geändert, und niemand hat eine Antwort bekommen.
note-unproven-next = Halten Sie die Anfrage für echt, dann fragen Sie bitte dort nach. Betrifft es Kolleginnen und Kollegen, prüft die IT, ob der Mailserver ihre Absender bestätigt. Heute hören Sie davon kein zweites Mal.

# Title of a booking whose citizen's data has been erased.
appointment-erased = Bürgertermin (Daten gelöscht)
