# What whoever writes to an address of this server is told by their own mail server.

inbound-unknown-address = There is no such address here.
inbound-call-us = This address takes no messages. Please phone: { $phone }
inbound-appointment-gone = This appointment is no longer here. Please phone: { $phone }
inbound-only-meetings = This address takes meeting requests of calendars alone.
inbound-unreadable = This message cannot be read.
inbound-too-long = This message is too long.
inbound-broken-meeting = This meeting request cannot be read.
inbound-not-possible = This cannot be done with this appointment. Please phone: { $phone }
inbound-try-later = This cannot be done just now. It is tried again later.
