"""A letter that came out of the town hall, read by two foreign parsers: Python's email and icalendar."""

import re
from datetime import datetime, timezone

import icalendar
from harness.sink import Kept

TREE = "multipart/mixed(multipart/alternative(text/plain,text/html,text/calendar),application/ics)"
LINE_OCTETS_MAX = 998
FOLD_OCTETS_MAX = 75
PAGE = re.compile(r"https?://[^\s<>\"')]+/t/[A-Za-z0-9_-]{22,}")
NUMBER = re.compile(r"\b\d{4}-[A-Z]\b")


class Letter:
    """One mail, taken apart."""

    def __init__(self, kept: Kept):
        self.kept = kept
        self.raw = kept.raw
        self.message = kept.message
        self.subject = str(self.message["Subject"])
        self.sender = self.message["From"].addresses[0].addr_spec
        self.sender_name = self.message["From"].addresses[0].display_name
        self.to = [address.addr_spec for address in self.message["To"].addresses]

    def parts(self, kind: str) -> list:
        """All parts of this content type."""
        return [part for part in self.message.walk() if part.get_content_type() == kind]

    def part(self, kind: str):
        """The only part of this content type."""
        found = self.parts(kind)
        assert len(found) == 1, f"{len(found)} parts {kind} in {self.tree}"
        return found[0]

    @property
    def tree(self) -> str:
        """The content types, nested."""

        def tell(part) -> str:
            inner = f"({','.join(map(tell, part.iter_parts()))})" if part.is_multipart() else ""
            return part.get_content_type() + inner

        return tell(self.message)

    @property
    def plain(self) -> str:
        """The text, with lines ending in a mere newline."""
        return self.part("text/plain").get_content().replace("\r\n", "\n")

    @property
    def html(self) -> str:
        """The HTML text."""
        return self.part("text/html").get_content()

    @property
    def has_calendar(self) -> bool:
        """Whether there is something for a calendar in it."""
        return bool(self.parts("text/calendar"))

    @property
    def ics(self) -> bytes:
        """The bytes of the calendar part."""
        return self.part("text/calendar").get_payload(decode=True)

    @property
    def calendar(self) -> icalendar.Calendar:
        """The calendar part, read by icalendar."""
        return icalendar.Calendar.from_ical(self.ics)

    @property
    def events(self) -> list:
        """Its VEVENTs."""
        return list(self.calendar.walk("VEVENT"))

    @property
    def event(self):
        """Its only VEVENT."""
        assert len(self.events) == 1, f"{len(self.events)} events\n{self.ics.decode()}"
        return self.events[0]

    @property
    def method(self) -> str:
        """METHOD of the calendar part."""
        return str(self.calendar["METHOD"])

    @property
    def method_parameter(self) -> str:
        """The `method` parameter of the MIME part."""
        return self.part("text/calendar").get_param("method")

    @property
    def uid(self) -> str:
        """The UID."""
        return str(self.events[0]["UID"])

    @property
    def sequence(self) -> int:
        """SEQUENCE, 0 where it is missing."""
        return int(self.events[0].get("SEQUENCE", 0))

    @property
    def organizer(self) -> str:
        """Address of the ORGANIZER."""
        return address_of(self.events[0]["ORGANIZER"])

    @property
    def attendees(self) -> list:
        """The ATTENDEE properties of the first event."""
        found = self.events[0].get("ATTENDEE", [])
        return found if isinstance(found, list) else [found]

    @property
    def begin(self) -> datetime:
        """DTSTART of the first event in UTC."""
        return self.events[0]["DTSTART"].dt.astimezone(timezone.utc)

    @property
    def end(self) -> datetime:
        """DTEND of the first event in UTC."""
        event = self.events[0]
        end = event["DTEND"].dt if "DTEND" in event else event["DTSTART"].dt + event["DURATION"].dt
        return end.astimezone(timezone.utc)

    @property
    def page(self) -> str:
        """Address of the citizen's page, from the text."""
        found = PAGE.search(self.plain)
        assert found, f"no link to a page in\n{self.plain}"
        return found.group(0)

    @property
    def number(self) -> str:
        """The Terminnummer, from the text."""
        found = NUMBER.search(self.plain)
        assert found, f"no number in\n{self.plain}"
        return found.group(0)

    def all_text(self) -> str:
        """Everything in it that a person or a program could read: headers, decoded parts, file names."""
        texts = [f"{name}: {value}" for part in self.message.walk() for name, value in part.items()]
        for part in self.message.walk():
            if not part.is_multipart():
                payload = part.get_payload(decode=True).decode("utf-8", "replace")
                texts += [payload, re.sub(r"\r?\n[ \t]", "", payload), part.get_filename() or ""]
        return "\n".join([*texts, self.raw.decode("utf-8", "replace")])


def address_of(value) -> str:
    """`mailto:a@b` without its scheme."""
    text = str(value)
    assert text.lower().startswith("mailto:"), text
    return text[len("mailto:") :]


def check_bytes(letter: Letter) -> None:
    """RFC 5322 section 2.1.1 and RFC 5545 section 3.1, byte by byte."""
    raw = letter.raw
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw), "a bare LF or CR in the message"
    assert max(map(len, raw.split(b"\r\n"))) <= LINE_OCTETS_MAX, "a line is too long"
    assert raw.isascii(), "bytes above 127 without a content transfer encoding"
    for kind in ("text/calendar", "application/ics"):
        for part in letter.parts(kind):
            assert part["Content-Transfer-Encoding"].lower() == "base64", part["Content-Transfer-Encoding"]
            ics = part.get_payload(decode=True)
            assert not re.search(rb"(?<!\r)\n|\r(?!\n)", ics), "a bare LF or CR in the calendar"
            assert max(map(len, ics.split(b"\r\n"))) <= FOLD_OCTETS_MAX, "a content line is not folded"
            assert ics.endswith(b"END:VCALENDAR\r\n"), ics[-40:]
            ics.decode("utf-8")
            # A fold must not tear a character apart for those who decode line by line.
            for line in ics.split(b"\r\n"):
                line.decode("utf-8")


def check_invitation(letter: Letter, citizen: str) -> None:
    """What holds for every scheduling message to a citizen, whatever it tells."""
    check_bytes(letter)
    assert letter.tree == TREE, letter.tree
    calendar_part, attached = letter.part("text/calendar"), letter.part("application/ics")
    assert calendar_part.get_content_charset() == "utf-8", calendar_part["Content-Type"]
    assert attached.get_payload(decode=True) == letter.ics, "the two calendars differ"
    assert attached.get_filename() == "termin.ics", attached.get_filename()
    assert attached.get_content_disposition() == "attachment", attached["Content-Disposition"]
    assert letter.method_parameter == letter.method, f"{letter.method_parameter} and {letter.method}"
    assert letter.ics.count(b"METHOD:") == 1, "METHOD stands more than once"
    assert letter.to == [citizen], letter.to
    assert letter.kept.recipients == [citizen], letter.kept.recipients
    assert not letter.message["Cc"] and not letter.message["Bcc"], "others in copy"
    # A case worker has just written it; still no absence note should come back.
    assert letter.message["X-Auto-Response-Suppress"], "absence notes would come back"
    assert letter.message["Message-ID"] and letter.message["Date"], "no Message-ID or Date"
    for event in letter.events:
        attendees = event.get("ATTENDEE", [])
        attendees = attendees if isinstance(attendees, list) else [attendees]
        assert [address_of(one) for one in attendees] == [citizen], attendees
        organizer = event["ORGANIZER"]
        assert address_of(organizer) == letter.sender == letter.kept.sender, (organizer, letter.sender)
        assert re.fullmatch(r"termin\+[A-Za-z0-9_-]{20,}@\S+", letter.sender), letter.sender
        assert "SENT-BY" not in organizer.params, organizer.params
        for name in ("DTSTAMP", "CREATED", "LAST-MODIFIED"):
            assert event[name].to_ical().endswith(b"Z"), f"{name} is not in UTC"
        assert not event.walk("VALARM"), "an alarm"
        foreign = [name for name in event if name.startswith("X-")]
        foreign += [name for name in ("CATEGORIES", "ATTACH", "COMMENT", "COLOR", "IMAGE") if name in event]
        assert not foreign, foreign
        assert str(event["CLASS"]) == "PRIVATE", event["CLASS"]
        assert str(event["TRANSP"]) == "OPAQUE", event["TRANSP"]
        expected = "CANCELLED" if letter.method == "CANCEL" else "CONFIRMED"
        assert str(event["STATUS"]) == expected, event["STATUS"]
    check_html(letter)


def check_html(letter: Letter) -> None:
    """The HTML brings nothing from elsewhere and says its language."""
    html = letter.html
    language = letter.message["Content-Language"]
    assert re.search(rf'<html[^>]*\blang="{language}', html), f"lang is not {language}: {html[:300]}"
    loaded = re.findall(r"<(?:img|link|script|iframe|object|embed|video|audio)\b|@import|url\(", html, re.I)
    assert not loaded, loaded
    assert not re.search(r"\bsrc\s*=|background\s*=", html, re.I), "something is loaded"
