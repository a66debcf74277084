"""evolution-data-server, the engine of Evolution and GNOME Calendar: invites rooms, and sees
their answers after its own refresh.

It runs in a D-Bus session and a home of its own, with an unlocked key ring for the password.
"""

import json
import os
import shutil
import subprocess
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from harness import dav, tools

SECONDS_MAX = 60
REFRESH_SECONDS_MAX = 20
USER = "soziales"
OTHER = "jugend"
OWN = "kalender"
ROOM = "beratungsraum-1"
DRIVER = Path(__file__).resolve().parent.parent / "evolution" / "drive.py"
TYPELIBS = "/usr/lib/*/girepository-1.0/"
PACKAGES = {
    "/usr/libexec/evolution-calendar-factory": "evolution-data-server",
    TYPELIBS + "ECal-2.0.typelib": "gir1.2-ecal-2.0",
    TYPELIBS + "EDataServer-1.2.typelib": "gir1.2-edataserver-1.2",
    TYPELIBS + "ICalGLib-3.0.typelib": "gir1.2-icalglib-3.0",
    "/usr/lib/python3/dist-packages/gi": "python3-gi",
    "dbus-run-session": "dbus",
    "gnome-keyring-daemon": "gnome-keyring",
}


class Evolution:
    """The driver in its own session; use it as a context manager."""

    def __init__(self, town, user: str):
        self.town = town
        self.user = user
        self.folder = Path(tempfile.mkdtemp(prefix="terminraum-evolution-"))
        self.process = None

    def __enter__(self):
        homes = {
            "HOME": self.folder, "XDG_CONFIG_HOME": self.folder / "config", "XDG_CACHE_HOME": self.folder / "cache",
            "XDG_DATA_HOME": self.folder / "data", "XDG_RUNTIME_DIR": self.folder / "run",
        }  # fmt: skip
        for path in homes.values():
            path.mkdir(mode=0o700, exist_ok=True)
        environment = os.environ | {name: str(path) for name, path in homes.items()}
        environment |= {"TZ": "Europe/Berlin", "GSETTINGS_BACKEND": "memory", "LC_ALL": "C.UTF-8"}
        environment.pop("DBUS_SESSION_BUS_ADDRESS", None)
        unlocked = "printf x | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1"
        self.process = subprocess.Popen(
            ["dbus-run-session", "--", "sh", "-c", f"{unlocked}; exec /usr/bin/python3 {DRIVER}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment,
        )  # fmt: skip
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, do: str, **what):
        """Has the driver do something; its error is raised as it stands."""
        self.process.stdin.write(json.dumps({"do": do, **what}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the driver has ended"
        answer = json.loads(line)
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer["value"]

    def subscribe(self, *slugs: str) -> None:
        """Adds these calendars of the user's home, each under its slug."""
        where = urlsplit(self.town.url)
        paths = {slug: dav.User(self.town, self.user).calendar(slug) for slug in slugs}
        self.ask(
            "subscribe", calendars=paths, host=where.hostname, port=where.port,
            user=self.town.login(self.user), password=self.town.password, schedules=True,
        )  # fmt: skip

    def shows(self, calendar: str, uid: str, holds) -> str:
        """The event once `holds` is true of its text, after refreshes."""
        until = time.monotonic() + REFRESH_SECONDS_MAX
        while True:
            try:
                self.ask("refresh", calendar=calendar)
                text = dav.unfold(self.ask("show", calendar=calendar, uid=uid))
                if holds(text):
                    return text
            except AssertionError as error:
                text = str(error)
            assert time.monotonic() < until, text
            time.sleep(0.5)

    def shows_answer(self, uid: str, room: str, answer: str, start) -> None:
        """The user's own event shows the room's answer for that start, after refreshes."""
        zulu = dav.stamp(start)
        text = self.shows(OWN, uid, lambda text: zulu in text and f"PARTSTAT={answer}" in of_room(text, room))
        assert "CUTYPE=ROOM" in of_room(text, room), of_room(text, room)


def meeting(uid: str, begin, room: str, user: str, hours: int = 1) -> str:
    """A meeting as Evolution's editor makes it, the room as an attendee of the type Room."""
    return (
        "BEGIN:VEVENT\r\n"
        f"UID:{uid}\r\nDTSTAMP:{dav.stamp(begin)}\r\nDTSTART:{dav.stamp(begin)}\r\n"
        f"DTEND:{dav.stamp(begin + timedelta(hours=hours))}\r\nSUMMARY:Beratung {uid}\r\nSEQUENCE:1\r\n"
        f"ORGANIZER;CN=Sabine:mailto:{user}\r\n"
        f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;CN=Sabine:mailto:{user}\r\n"
        "ATTENDEE;CUTYPE=RESOURCE;ROLE=NON-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:"
        f"mailto:{room}@raeume.rathaus.example\r\n"
        "END:VEVENT\r\n"
    )


def of_room(text: str, room: str) -> str:
    """The line of the room's ATTENDEE."""
    lines = [line for line in text.splitlines() if line.startswith("ATTENDEE") and f"{room}@" in line]
    assert len(lines) == 1, f"{len(lines)} lines for {room} in {text}"
    return lines[0]


def run(town, tally) -> None:
    """The story; each step is one test."""
    tools.apt(PACKAGES)
    with Evolution(town, USER) as desk:
        desk.subscribe(OWN, ROOM)
        story(desk, dav.User(town, USER), dav.User(town, OTHER), tally)


def story(desk: Evolution, user: dav.User, other: dav.User, tally) -> None:
    """Calls the steps in order; later ones need what earlier ones made."""
    login = desk.town.login(USER)
    begin = dav.day(0, 9)
    with tally.step("an invited room shows ACCEPTED after a refresh"):
        desk.ask("create", calendar=OWN, text=meeting("eds-1", begin, ROOM, login))
        desk.shows_answer("eds-1", ROOM, "ACCEPTED", begin)
    with tally.step("the room's own calendar shows the booking"):
        desk.shows(ROOM, "eds-1", lambda text: dav.stamp(begin) in text)
    with tally.step("another department finds the time taken, and not why"):
        data = other.holding(other.calendar(ROOM), f"DTSTART:{dav.stamp(begin)}")
        assert len(data) == 1 and "Beratung" not in data[0], data
    with tally.step("a second meeting at that time shows DECLINED after a refresh"):
        desk.ask("create", calendar=OWN, text=meeting("eds-2", begin, ROOM, login))
        desk.shows_answer("eds-2", ROOM, "DECLINED", begin)
    with tally.step("moved to a free hour, the room accepts it"):
        later = begin + timedelta(hours=2)
        desk.ask("change", calendar=OWN, text=meeting("eds-2", later, ROOM, login))
        desk.shows_answer("eds-2", ROOM, "ACCEPTED", later)
    with tally.step("the planner sees the room's busy time"):
        start, end = int(begin.timestamp()) - 3600, int(begin.timestamp()) + 6 * 3600
        address = f"{ROOM}@raeume.rathaus.example"
        found = desk.ask("free_busy", calendar=OWN, start=start, end=end, addresses=[address])
        assert found and dav.stamp(begin) in "".join(found), found
    with tally.step("a deleted meeting frees the room"):
        desk.ask("remove", calendar=OWN, uid="eds-1")
        answer = other.put(other.calendar(ROOM) + "frei.ics", dav.event("frei", "Jetzt frei", begin))
        assert answer.status == 201, f"{answer.status} {answer.text}"
    with tally.step("a booking straight into the taken room says why"):
        try:
            desk.ask("create", calendar=ROOM, text=meeting("eds-3", begin, ROOM, login))
        except AssertionError as error:
            assert "belegt" in str(error), error
        else:
            raise AssertionError("the booking went through")
