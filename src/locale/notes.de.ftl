# Letters to people of the town hall.

## A booking was refused

note-refused-subject = Nicht gebucht: { $room }
note-refused = { $room } konnte nicht gebucht werden. Es ist nichts eingetragen.
note-refused-change = Die Änderung Ihrer Buchung in { $room } wurde abgelehnt. Die Buchung bleibt, wie sie war.
note-asked = Angefragt: { $when }.

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

# Title of a booking whose citizen's data has been erased.
appointment-erased = Bürgertermin (Daten gelöscht)
