"""Citizens with an appointment in every state, and what Chromium finds on their pages."""

import json
import os
import re
import shutil
import subprocess
import urllib.parse
from datetime import datetime, timedelta, timezone
from pathlib import Path

from harness import dav, tools
from mail import page as pages
from mail.house import CITIZENS, House, room_address
from mail.letters import Letter
from mail.requests import request, uid_of

SECONDS_MAX = 900
SOURCES = Path(__file__).resolve().parent
# A Monday morning.
NOW = datetime(2026, 6, 22, 6, 0, tzinfo=timezone.utc)
TEXT = "Kanarienvogel\n\nFür Bürger:\nBitte mitbringen: Personalausweis oder Reisepass.\nDie Mappe mit dem Bauplan."


class Invited:
    """Citizens with an appointment each, an hour after the other."""

    def __init__(self, house: House):
        self.house, self.clerk, self.count = house, house.user("bauen"), 0

    def path(self, name: str, **more) -> str:
        """Somebody is invited; the path of their page."""
        self.count += 1
        begin = more.pop("begin", NOW + timedelta(days=2, hours=self.count))
        who = f"{name}@{CITIZENS}"
        answer = self.clerk.invite(
            name, begin, who, room="beratungsraum-3", SUMMARY="Kanarienvogel", DESCRIPTION=TEXT, **more
        )
        assert answer.status == 201, f"{answer.status} {answer.text}"
        return urllib.parse.urlsplit(Letter(self.house.sink.wait(who, 1)[-1]).page).path

    def link(self, name: str, address: str) -> str:
        """The path of the first link below /`name`/ that somebody of the town hall was mailed."""
        text = Letter(self.house.sink.wait(address, 1)[-1]).plain
        found = re.search(rf"https?://[^/\s]+(/{name}/[a-z0-9]+)", text)
        assert found, f"no link to /{name}/ in\n{text}"
        return found.group(1)

    def for_approver(self) -> str:
        """A room is wanted that somebody has to approve; the path of the page that asks."""
        rules = ["--approver", "user:anmeldung", "--booked-with-approval-by", "user:bauen"]
        self.house.town.tell("room", "edit", "beratungsraum-1", *rules)
        answer = self.clerk.invite("ask", NOW + timedelta(days=3), room="beratungsraum-1", SUMMARY="Kanarienvogel")
        assert answer.status == 201, f"{answer.status} {answer.text}"
        return self.link("approve", "anmeldung@rathaus.example")

    def for_inviter(self) -> str:
        """A room is invited by mail; the path of the page on which its organizer invites a citizen."""
        organizer = "soziales@rathaus.example"
        begin, uid = NOW + timedelta(days=4, hours=4), uid_of("outlook")
        raw = request("outlook-request", uid, "beratungsraum-2", organizer, begin, stamp=NOW)
        self.house.deliver(raw, organizer, room_address("beratungsraum-2"))
        return self.link("invite", organizer)


def prepared(house: House) -> dict[str, str]:
    """An appointment for every state."""
    invited = Invited(house)
    names = ["open", "accepted", "cancelled", "keyboard", "plain", "byTown"]
    links = {name: invited.path(name.lower()) for name in names}
    links["series"] = invited.path("series", lines="RRULE:FREQ=WEEKLY;COUNT=5")
    links["approve"] = invited.for_approver()
    links["invite"] = invited.for_inviter()
    links["past"] = invited.path("past", begin=NOW + timedelta(minutes=5), minutes=15)
    answer = invited.clerk.request("DELETE", f"{invited.clerk.own}bytown.ics")
    assert answer.status == 204, f"{answer.status} {answer.text}"
    for name, below in (("accepted", "/accept"), ("cancelled", "/cancel")):
        press(house.town.url + links[name], below)
    house.forward("30m")
    return links


def press(page: str, below: str) -> None:
    """Sends the form that the page, or the one below it, shows."""
    shown = pages.get(page if below == "/accept" else page + below)
    answer = shown.press("komme" if below == "/accept" else "absagen")
    assert answer.status == 200, answer.status


def run(tally) -> None:
    """Everything, in a town of its own."""
    tools.apt({"chromium": "chromium", "zbarimg": "zbar-tools"})
    home = tools.node(SOURCES)
    shutil.copy(SOURCES / "browse.mjs", home / "browse.mjs")
    sheet = tools.cache() / "log" / "pages-sheet.png"
    with House("pages", now=NOW) as house:
        links = prepared(house)
        told = {"base": house.town.url, "links": links, "pictures": os.environ.get("INTEROP_PICTURES")}
        done = subprocess.run(
            ["node", "browse.mjs"], cwd=home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=SECONDS_MAX,
            env=os.environ | {"PAGES": json.dumps(told), "SHEET": str(sheet), "CHROMIUM": shutil.which("chromium")},
        )  # fmt: skip
        print(done.stdout, flush=True)
        for line in done.stdout.splitlines():
            verdict, _, name = line.partition(" ")
            if verdict == "ok":
                tally.passed += 1
            elif verdict == "FAIL":
                tally.fail(name)
        if done.returncode:
            tally.fail(f"node: exit {done.returncode}: {done.stdout[-300:]}")
        with tally.step("a scanner that opened everything has left the booking alone"):
            stored = dav.unfold(house.user("bauen").stored("open"))
            assert "PARTSTAT=ACCEPTED" not in [line for line in stored.splitlines() if "open@" in line][0], stored
        with tally.step("the codes on the sheet lead to the page and into the calendar"):
            read = subprocess.run(["zbarimg", "-q", "--raw", sheet], capture_output=True, text=True).stdout
            assert "BEGIN:VEVENT" in read and links["open"] in read, read
