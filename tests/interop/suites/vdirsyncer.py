"""vdirsyncer and khal: one user's calendars as folders of files, in both directions.

khal makes, edits and deletes; vdirsyncer carries; what the server then holds is
looked at with requests of our own, also as another user.
"""

import os
import re
import shutil
import subprocess
import tempfile
from datetime import timedelta
from pathlib import Path

from harness import dav, tools

SECONDS_MAX = 120
USER = "soziales"
OTHER = "jugend"
ROOMS = {"beratungsraum-1", "beratungsraum-2", "beratungsraum-3", "soziales-1"}
OWN = "kalender"


class Desk:
    """The two programs with a folder, configured for one user."""

    def __init__(self, town, folder: Path):
        self.folder = folder
        self.files = folder / "calendars"
        self.files.mkdir()
        (folder / "vdirsyncer").write_text(
            f'[general]\nstatus_path = "{folder}/status/"\n'
            '[pair town]\na = "files"\nb = "server"\ncollections = ["from b"]\nconflict_resolution = "b wins"\n'
            f'[storage files]\ntype = "filesystem"\npath = "{self.files}/"\nfileext = ".ics"\n'
            f'[storage server]\ntype = "caldav"\nurl = "{town.dav}"\n'
            f'username = "{town.login(USER)}"\npassword = "{town.password}"\n'
        )
        (folder / "khal").write_text(
            f"[calendars]\n[[town]]\npath = {self.files}/*\ntype = discover\n"
            f"[sqlite]\npath = {folder}/khal.db\n"
            "[locale]\nlocal_timezone = UTC\ndefault_timezone = UTC\ntimeformat = %H:%M\ndateformat = %Y-%m-%d\n"
            "longdateformat = %Y-%m-%d\ndatetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n"
            f"[default]\ndefault_calendar = {OWN}\n"
        )

    def program(self, name: str, *arguments: str, typed: str = "") -> subprocess.CompletedProcess:
        """Runs one of the programs, `typed` on its standard input."""
        return subprocess.run(
            [str(tools.python().parent / name), *arguments], input=typed, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=SECONDS_MAX, cwd=self.folder,
            env=os.environ | {"HOME": str(self.folder), "LC_ALL": "C.UTF-8", "TZ": "UTC", "COLUMNS": "200"},
        )  # fmt: skip

    def discover(self) -> str:
        """`vdirsyncer discover`, agreeing to every new local folder."""
        done = self.program("vdirsyncer", "-c", str(self.folder / "vdirsyncer"), "discover", typed="y\n" * 40)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def sync(self) -> subprocess.CompletedProcess:
        """`vdirsyncer sync`, whatever comes of it."""
        return self.program("vdirsyncer", "-c", str(self.folder / "vdirsyncer"), "sync")

    def synced(self) -> str:
        """`vdirsyncer sync`, which must succeed."""
        done = self.sync()
        assert done.returncode == 0, done.stdout
        return done.stdout

    def khal(self, *arguments: str, typed: str = "") -> str:
        """A khal command that must succeed."""
        done = self.program("khal", "-c", str(self.folder / "khal"), *arguments, typed=typed)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def new(self, calendar: str, begin, summary: str, *options: str) -> None:
        """`khal new` of one hour."""
        end = begin + timedelta(hours=1)
        self.khal("new", "-a", calendar, *options, f"{begin:%Y-%m-%d %H:%M}", f"{end:%Y-%m-%d %H:%M}", summary)

    def listing(self, day) -> str:
        """`khal list` of one day."""
        return self.khal("list", "--format", "{calendar}|{start-time}|{title}", f"{day:%Y-%m-%d}", "1d")

    def file(self, calendar: str, text: str) -> Path:
        """The one file of a calendar in which `text` occurs."""
        found = [path for path in (self.files / calendar).glob("*.ics") if text in dav.unfold(path.read_text())]
        assert len(found) == 1, f"{len(found)} files of {calendar} hold {text!r}"
        return found[0]

    def rewrite(self, path: Path, text: str) -> None:
        """Replaces a file the way editors do: khal notices only a changed folder."""
        fresh = path.with_suffix(".new")
        fresh.write_text(text, newline="")
        fresh.replace(path)


def moved(text: str, hours: dict[int, int]) -> str:
    """The text with times of day changed from one full hour to another, in UTC."""
    text = text.replace(";TZID=UTC", "")
    return re.sub(
        r"^(DTSTART|DTEND):(\d{8})T(\d\d)0000Z?",
        lambda found: f"{found[1]}:{found[2]}T{hours.get(int(found[3]), int(found[3])):02}0000Z",
        text,
        flags=re.MULTILINE,
    )


def run(town, tally) -> None:
    """The story; each step is one test."""
    folder = Path(tempfile.mkdtemp(prefix="terminraum-vdirsyncer-"))
    try:
        story(Desk(town, folder), dav.User(town, USER), dav.User(town, OTHER), tally)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def story(desk: Desk, user: dav.User, other: dav.User, tally) -> None:
    """Calls the chapters in order; later ones need what earlier ones made."""
    # vdirsyncer will not sync a calendar that has become empty: each gets an event that stays.
    for calendar in (OWN, "beratungsraum-1", "beratungsraum-2", "beratungsraum-3"):
        answer = user.put(
            user.calendar(calendar) + f"bleibt-{calendar}.ics",
            dav.event(f"bleibt-{calendar}", "Dauerbelegung", dav.day(200, 7)),
        )
        assert answer.status == 201, f"{answer.status} {answer.text}"
    with tally.step("discover finds the own calendar and every permitted room, and no other"):
        desk.discover()
        desk.synced()
        found = {path.name for path in desk.files.iterdir() if path.is_dir()}
        assert found == ROOMS | {OWN}, found
    chapter_one_event(desk, user, other, tally)
    chapter_from_elsewhere(desk, user, other, tally)
    chapter_refusal(desk, user, other, tally)
    chapter_series(desk, user, tally)
    with tally.step("a sync with nothing new carries nothing"):
        desk.synced()
        told = desk.synced()
        assert not re.search(r"Copying|Deleting", told), told


def chapter_one_event(desk, user, other, tally) -> None:
    room = user.calendar("beratungsraum-1")
    begin = dav.day(0, 9)
    with tally.step("an event made in khal is on the server after a sync"):
        desk.new("beratungsraum-1", begin, "Wohngeld Erstgespräch")
        desk.synced()
        assert len(user.holding(room, "SUMMARY:Wohngeld Erstgespräch")) == 1
    with tally.step("another department sees that the room is taken, and not why"):
        data = other.holding(other.calendar("beratungsraum-1"), f"DTSTART:{dav.stamp(begin)}")
        assert len(data) == 1, f"{len(data)} events at that time"
        assert "Wohngeld" not in data[0], data[0]
    with tally.step("a new title given in khal is on the server after a sync"):
        desk.khal("edit", "Wohngeld Erstgespräch", typed="s\nWohngeld Zweitgespräch\nn\n")
        desk.synced()
        assert len(user.holding(room, "SUMMARY:Wohngeld Zweitgespräch")) == 1
    with tally.step("an event moved to another hour is moved on the server"):
        path = desk.file("beratungsraum-1", "Wohngeld Zweitgespräch")
        desk.rewrite(path, moved(path.read_text(), {9: 11, 10: 12}))
        later = begin + timedelta(hours=2)
        desk.synced()
        assert len(user.holding(room, f"DTSTART:{dav.stamp(later)}")) == 1
    with tally.step("an event deleted in khal is gone from the server after a sync"):
        desk.khal("edit", "Wohngeld Zweitgespräch", typed="D\ny\n")
        desk.synced()
        assert not user.holding(room, "Zweitgespräch")


def chapter_from_elsewhere(desk, user, other, tally) -> None:
    begin = dav.day(0, 13)
    with tally.step("another user's booking arrives as a time that is taken, without its title"):
        href = other.calendar("beratungsraum-2") + "fremd.ics"
        answer = other.put(href, dav.event("fremd", "Hilfeplangespräch", begin), If_None_Match="*")
        assert answer.status == 201, f"{answer.status} {answer.text}"
        desk.synced()
        listed = desk.listing(begin)
        assert "beratungsraum-2|13:00" in listed and "Hilfeplan" not in listed, listed
    with tally.step("an event made on the server by another device arrives, changes and goes"):
        href = user.calendar(OWN) + "telefon.ics"
        assert user.put(href, dav.event("telefon", "Rückruf", begin)).status == 201
        desk.synced()
        listed = desk.listing(begin)
        assert "Rückruf" in listed, listed
        assert user.put(href, dav.event("telefon", "Rückruf erledigt", begin)).status in (200, 201, 204)
        desk.synced()
        listed = desk.listing(begin)
        assert "Rückruf erledigt" in listed, listed
        assert user.request("DELETE", href).status in (200, 204)
        desk.synced()
        assert "Rückruf" not in desk.listing(begin)


def chapter_refusal(desk, user, other, tally) -> None:
    taken = dav.day(0, 13, 30)
    room = user.calendar("beratungsraum-2")
    with tally.step("a taken slot is an error for that event alone; the others of the same sync arrive"):
        desk.new("beratungsraum-2", taken, "Zu spät")
        desk.new("beratungsraum-2", dav.day(0, 15), "Noch frei")
        desk.new(OWN, taken, "Eigener Termin")
        done = desk.sync()
        assert done.returncode != 0, "vdirsyncer reports no error"
        assert not user.holding(room, "Zu spät")
        assert len(user.holding(room, "Noch frei")) == 1, done.stdout
        assert len(user.holding(user.calendar(OWN), "Eigener Termin")) == 1, done.stdout
        assert len(other.holding(other.calendar("beratungsraum-2"), "Hilfeplangespräch")) == 1
    with tally.step("the next sync tries only that event again"):
        done = desk.sync()
        assert done.returncode != 0 and done.stdout.count("error occurred for") == 1, done.stdout
    with tally.step("once it is deleted here, syncs succeed again"):
        desk.file("beratungsraum-2", "Zu spät").unlink()
        desk.synced()
    with tally.step("a refused move leaves the booking where it was"):
        path = desk.file("beratungsraum-2", "Noch frei")
        text = path.read_text()
        desk.rewrite(path, moved(text, {15: 13, 16: 14}))
        assert desk.sync().returncode != 0, "vdirsyncer reports no error"
        assert "T150000" in user.holding(room, "Noch frei")[0]
    with tally.step("and the move taken back syncs"):
        desk.rewrite(path, text)
        desk.sync()
        desk.synced()
        assert "T150000" in desk.file("beratungsraum-2", "Noch frei").read_text()


def chapter_series(desk, user, tally) -> None:
    room = user.calendar("beratungsraum-3")
    begin = dav.day(1, 9)
    with tally.step("a weekly series made in khal is on the server as one object"):
        until = begin + timedelta(days=28)
        desk.new("beratungsraum-3", begin, "Sprechstunde Rente", "-r", "weekly", "-u", f"{until:%Y-%m-%d}")
        desk.synced()
        data = user.holding(room, "Sprechstunde Rente")
        assert len(data) == 1 and "RRULE:FREQ=WEEKLY" in data[0], data
    with tally.step("one instance moved to another hour stays one object on the server"):
        path = desk.file("beratungsraum-3", "Sprechstunde Rente")
        text = path.read_text()
        uid = re.search(r"UID:(.*)", text)[1].strip()
        second = begin + timedelta(days=7)
        exception = (
            f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:{dav.stamp(begin)}\r\nRECURRENCE-ID:{dav.stamp(second)}\r\n"
            f"DTSTART:{dav.stamp(second + timedelta(hours=3))}\r\nDTEND:{dav.stamp(second + timedelta(hours=4))}\r\n"
            "SUMMARY:Sprechstunde Rente (verlegt)\r\nEND:VEVENT\r\nEND:VCALENDAR"
        )
        desk.rewrite(path, text.replace("END:VCALENDAR", exception))
        desk.synced()
        data = user.holding(room, "Sprechstunde Rente (verlegt)")
        assert len(data) == 1 and data[0].count("BEGIN:VEVENT") == 2, data
        listed = desk.listing(second)
        assert "beratungsraum-3|12:00|Sprechstunde Rente (verlegt)" in listed, listed
        assert "beratungsraum-3|09:00" not in listed, listed
    with tally.step("the series deleted in khal is gone from the server"):
        desk.file("beratungsraum-3", "Sprechstunde Rente (verlegt)").unlink()
        desk.synced()
        assert not user.holding(room, "Sprechstunde Rente")
