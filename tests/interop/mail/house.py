"""A town hall with a way for mail out and in, and the people who use it."""

import json
import re
import shutil
import smtplib
import subprocess
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

from harness import certificates, dav, server, tools
from harness.postfix import AUTHSERV_ID, Postfix
from harness.sink import Sink, eventually, free_port

from .letters import Letter, check_bytes, check_invitation

BERLIN = ZoneInfo("Europe/Berlin")
DOMAIN = "termine.rathaus.example"
ROOMS = "raeume.rathaus.example"
# The town hall's own network, and a computer in it.
NETWORK = "10.1.0.0/16"
COLLEAGUE = "10.1.2.3"
CITIZENS = "buerger.example"


class Town(server.Demo):
    """The demo town, after its first start perhaps served with a configuration of its own."""

    def __init__(self, name: str, arguments, mail: str | None = None):
        super().__init__(f"mail-{name}", arguments=arguments)
        # All that it ever says, so that what must not be said can be looked for.
        self.environment["TERMINRAUM_LOG"] = "debug"
        self.mail = mail

    def command(self) -> list:
        """The demo fills its folder at the first start; what a town writes down itself is served then."""
        if self.mail is None or not (self.folder / "data").exists():
            return super().command()
        configuration = self.folder / "terminraum.toml"
        configuration.write_text(f'data = "{self.folder}/data"\nlisten = ["127.0.0.1:{self.port}"]\n{self.mail}')
        return [server.binary(), "serve", "--config", configuration]

    def start(self) -> None:
        """As before; a town with a configuration is filled first."""
        if self.mail is not None and not (self.folder / "data").exists():
            super().start()
            self.stop()
        super().start()


class House:
    """Town hall, its users, a sink for all mail and, if wanted, Postfix between them.

    Use it as a context manager. `served`: lines of [mail.relay]; then the town runs from a
    configuration file, else it is the demo, whose clock can be moved.
    """

    def __init__(self, name: str, postfix: bool = False, now: datetime | None = None, served: str = ""):
        self.name = name
        self.sink = Sink()
        self.lmtp = free_port()
        self.postfix = None
        self.folder = tools.cache() / "certificates" / name
        self.now = now
        self.authority = None
        if postfix or "{ca}" in served:
            self.authority, certificate, key = certificates.make(self.folder)
        if postfix:
            transports = [ROOMS, DOMAIN, "servicecenter@rathaus.example"]
            self.postfix = Postfix(name, self.sink.port, self.lmtp, certificate, key, transports)
        mail = None
        if postfix or served:
            port = self.postfix.relay if self.postfix else self.sink.port
            relay = served or 'host = "localhost"\nport = {port}\nsecurity = "starttls"\nca = "{ca}"'
            mail = self.configuration(relay.format(port=port, ca=self.authority))
        arguments = [] if mail else self.arguments()
        self.town = Town(name, arguments, mail)
        if mail:
            self.town.mail = mail.replace("BASE", self.town.url)

    def configuration(self, relay: str) -> str:
        """[mail] of the configuration file."""
        return (
            f'[mail]\ndomain = "{DOMAIN}"\nbase_url = "BASE"\n[mail.relay]\n{relay}\n'
            f'[mail.inbound]\nlisten = "127.0.0.1:{self.lmtp}"\nauthserv_id = "{AUTHSERV_ID}"\n'
            f'trusted_networks = ["{NETWORK}"]\n'
        )

    def arguments(self) -> list[str]:
        """Of `terminraum demo`."""
        clock = ["--now", self.now.strftime("%Y-%m-%dT%H:%M:%SZ")] if self.now else []
        return [
            "--mail-relay", f"127.0.0.1:{self.sink.port}", "--lmtp", f"127.0.0.1:{self.lmtp}",
            "--authserv-id", AUTHSERV_ID, "--trusted-network", NETWORK, *clock,
        ]  # fmt: skip

    def __enter__(self):
        self.sink.start()
        try:
            if self.postfix:
                self.postfix.__enter__()
            self.town.__enter__()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_):
        self.town.__exit__(None, None, None)
        complaints = self.town.complaints() if self.town.log.exists() else []
        if self.postfix:
            self.postfix.__exit__(None, None, None)
        self.sink.stop()
        assert not complaints, complaints

    def user(self, name: str) -> "Clerk":
        """Somebody of the town hall."""
        return Clerk(self, name)

    def forward(self, duration: str) -> None:
        """Moves the clock of a demo on."""
        self.town.tell("demo-clock", "advance", duration)

    def letters(self, address: str, count: int, seconds: float = 20) -> list[Letter]:
        """Everything that came to the address, once these are `count`."""
        return [Letter(kept) for kept in self.sink.wait(address, count, seconds)]

    def letter(self, address: str, count: int = 1, seconds: float = 20) -> Letter:
        """The newest letter to the address, which has had `count` in all. Every invitation is looked through."""
        letter = self.letters(address, count, seconds)[-1]
        check_bytes(letter)
        if letter.has_calendar and address.endswith(CITIZENS):
            check_invitation(letter, address)
        return letter

    def deliver(self, raw: bytes, sender: str, *recipients: str) -> None:
        """A mail from outside: through Postfix where there is one, else by LMTP with the results it would write."""
        if self.postfix:
            self.postfix.send(raw, sender, *recipients)
            return
        domain = sender.rpartition("@")[2] or "mx.invalid"
        result = f"Authentication-Results: {AUTHSERV_ID}; dmarc=pass (p=none) header.from={domain}\r\n"
        received = f"Received: from x (x [192.0.2.1])\r\n\tby {AUTHSERV_ID} (Postfix) with ESMTPS id 4A; "
        received += datetime.now(timezone.utc).strftime("%a, %d %b %Y %H:%M:%S +0000\r\n")
        self.by_lmtp((result + received).encode() + raw, sender, *recipients)

    def by_lmtp(self, raw: bytes, sender: str, recipient: str) -> None:
        """Straight to the listener, to one recipient: smtplib reads one answer to a message."""
        with smtplib.LMTP("127.0.0.1", self.lmtp, timeout=30) as connection:
            connection.sendmail(sender, [recipient], raw)


class Clerk(dav.User):
    """A user of the town hall with the calendar `kalender`."""

    def __init__(self, house: House, name: str):
        super().__init__(house.town, name)
        self.house = house
        self._own = ""

    @property
    def address(self) -> str:
        """Mail address."""
        return f"{self.name}@rathaus.example"

    @property
    def own(self) -> str:
        """href of the own calendar, looked up once."""
        self._own = self._own or self.calendar("kalender")
        return self._own

    def invite(
        self, uid: str, begin: datetime, *attendees: str, room: str = "", minutes: int = 45, **more
    ) -> dav.Answer:
        """Writes a meeting of one's own; `more`: SUMMARY, DESCRIPTION, … and `lines` as they stand."""
        data = meeting(uid, begin, minutes, self.address, room, attendees, **more)
        return self.write(self.own, uid, data)

    def write(self, calendar: str, uid: str, data: str) -> dav.Answer:
        """PUT of the object named by its UID."""
        headers = {"Content_Type": "text/calendar; charset=utf-8"}
        return self.request("PUT", f"{calendar}{uid}.ics", data, **headers)

    def stored(self, uid: str, calendar: str = "") -> str:
        """The object as it is now, unfolded; empty where there is none."""
        answer = self.request("GET", f"{calendar or self.own}{uid}.ics")
        assert answer.status in (200, 404), answer.status
        return dav.unfold(answer.text) if answer.status == 200 else ""

    def busy(self, room: str, begin: datetime) -> bool:
        """Whether the room is taken then, by the free-busy report (RFC 4791 section 7.10)."""
        end = begin + timedelta(minutes=10)
        body = (
            '<?xml version="1.0"?><C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav">'
            f'<C:time-range start="{dav.stamp(begin)}" end="{dav.stamp(end)}"/></C:free-busy-query>'
        )
        headers = {"Depth": "1", "Content_Type": "application/xml"}
        answer = self.request("REPORT", self.calendar(room), body, **headers)
        assert answer.status == 200, f"{answer.status} {answer.text}"
        return bool(re.search(r"^FREEBUSY", dav.unfold(answer.text), re.MULTILINE))


def room_address(room: str) -> str:
    """Mail address of a room of the demo."""
    return f"{room}@{ROOMS}"


def citizen(name: str) -> str:
    """A citizen's address."""
    return f"{name}@{CITIZENS}"


def meeting(uid: str, begin: datetime, minutes: int, organizer: str, room: str, attendees, **more) -> str:
    """A VCALENDAR as a client writes it."""
    lines = more.pop("lines", "")
    parameters = more.pop("parameters", "")
    people = [f"ATTENDEE;CUTYPE=INDIVIDUAL;PARTSTAT=NEEDS-ACTION{parameters}:mailto:{one}" for one in attendees]
    rooms = [f"ATTENDEE;CUTYPE=ROOM;PARTSTAT=NEEDS-ACTION:mailto:{room_address(room)}"] if room else []
    texts = [f"{name}:{escaped(value)}" for name, value in more.items() if name != "SUMMARY"]
    head = [f"ORGANIZER:mailto:{organizer}", f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{organizer}"] if organizer else []
    return dav.event(
        uid, escaped(more.get("SUMMARY", "Beratung")), begin, minutes,
        "\n".join([*head, *rooms, *people, *texts, *lines.splitlines()]),
    )  # fmt: skip


def escaped(text: str) -> str:
    """A TEXT value (RFC 5545 section 3.3.11)."""
    return re.sub(r"([\\;,])", r"\\\1", text).replace("\n", "\\n")


def answer_of(letter: Letter, citizen_address: str, partstat: str, **more) -> bytes:
    """The REPLY (or COUNTER) a citizen's calendar sends, in the shape of Gmail's."""
    method = more.get("method", "REPLY")
    begin = more.get("begin", letter.begin)
    end = more.get("end", begin + (letter.end - letter.begin))
    attendee = more.get("attendee", citizen_address)
    recurrence = more.get("recurrence")
    lines = [
        "BEGIN:VCALENDAR", "PRODID:-//Google Inc//Google Calendar 70.9054//EN", "VERSION:2.0", "CALSCALE:GREGORIAN",
        f"METHOD:{method}", "BEGIN:VEVENT", f"DTSTART:{dav.stamp(begin)}", f"DTEND:{dav.stamp(end)}",
        f"DTSTAMP:{dav.stamp(more.get('stamp', datetime.now(timezone.utc)))}",
        f"ORGANIZER;CN=Stadt:mailto:{more.get('organizer', letter.organizer)}", f"UID:{letter.uid}",
        f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={partstat};X-NUM-GUESTS=0:mailto:{attendee}",
        f"SEQUENCE:{more.get('sequence', letter.sequence)}", "STATUS:CONFIRMED", "SUMMARY:Termin", "TRANSP:OPAQUE",
    ]  # fmt: skip
    lines += [f"RECURRENCE-ID:{dav.stamp(recurrence)}"] if recurrence else []
    lines += [f"COMMENT:{escaped(more['comment'])}"] if "comment" in more else []
    ics = "\r\n".join([*lines, "END:VEVENT", "END:VCALENDAR", ""])
    return mail_with(more.get("sender", citizen_address), letter.organizer, "Antwort", ics, method)


def mail_with(sender: str, to: str, subject: str, ics: str, method: str) -> bytes:
    """A mail of two alternatives, text and calendar."""
    return (
        f"From: <{sender}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
        f"Message-ID: <{uuid.uuid4()}@mail.example>\r\n"
        f"Date: {datetime.now(timezone.utc):%a, %d %b %Y %H:%M:%S} +0000\r\n"
        'Content-Type: multipart/alternative; boundary="b1"\r\n\r\n'
        "--b1\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\nAntwort\r\n"
        f'--b1\r\nContent-Type: text/calendar; charset="UTF-8"; method={method}\r\n'
        f"Content-Transfer-Encoding: 8bit\r\n\r\n{ics}\r\n--b1--\r\n"
    ).encode()


def plain_mail(sender: str, to: str, subject: str, text: str, headers: str = "") -> bytes:
    """A mail somebody has typed. `headers`: further ones, each with its line end."""
    return (
        f"From: <{sender}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
        f"Message-ID: <{uuid.uuid4()}@mail.example>\r\n"
        f"Date: {datetime.now(timezone.utc):%a, %d %b %Y %H:%M:%S} +0000\r\n{headers}"
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n"
    ).encode()


def soon(holds, why, seconds: float = 15) -> None:
    """Waits until `holds()` is true."""
    assert eventually(holds, seconds), why() if callable(why) else why


def berlin(day: datetime, hour: int, minute: int = 0) -> datetime:
    """A moment on the wall clock of the house."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN)


class Days:
    """Working days from the given one on, each handed out once, so that stories never meet."""

    def __init__(self, first: datetime):
        self.next = first

    def take(self) -> datetime:
        """The next working day."""
        day = self.next
        self.next += timedelta(days=1)
        return day if day.weekday() < 5 else self.take()


def read_by_icaljs(texts: list[str]) -> list[dict]:
    """What the npm package ical.js finds in these calendars."""
    folder = Path(__file__).resolve().parent.parent / "icaljs"
    home = tools.node(folder)
    shutil.copy(folder / "read.mjs", home / "read.mjs")
    done = subprocess.run(
        ["node", home / "read.mjs"], input=json.dumps(texts), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-1500:]
    return json.loads(done.stdout)
