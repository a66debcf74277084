# What whoever writes to an address of this server is told by their own mail server.

inbound-unknown-address = Diese Adresse gibt es hier nicht.
inbound-call-us = Diese Adresse nimmt keine Nachrichten an. Bitte rufen Sie uns an: { $phone }
inbound-appointment-gone = Diesen Termin gibt es hier nicht mehr. Bitte rufen Sie uns an: { $phone }
inbound-only-meetings = Diese Adresse nimmt nur Besprechungsanfragen aus dem Kalender an.
inbound-unreadable = Diese Nachricht lässt sich nicht lesen.
inbound-too-long = Diese Nachricht ist zu lang.
inbound-broken-meeting = Diese Besprechungsanfrage lässt sich nicht lesen.
inbound-not-possible = Das ist bei diesem Termin nicht möglich. Bitte rufen Sie uns an: { $phone }
inbound-try-later = Das geht gerade nicht. Es wird später noch einmal versucht.
