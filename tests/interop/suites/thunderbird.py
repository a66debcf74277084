"""Thunderbird (Debian's ESR) with real windows under Xvfb, driven by Marionette.

Each user has a Thunderbird with a fresh profile. Calendars are added through
the dialog "New calendar" from the bare server address; events are made,
changed and deleted through the transactions that its event dialogs use; what
comes of it is looked at in Thunderbird and, with requests of our own, on the
server.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from harness import dav, tools
from harness.marionette import Display, Thunderbird

USER = "soziales"
OTHER = "jugend"
# What a viewer of another, sensitive department sees in place of a title.
TAKEN = "Belegt"
ROOMS = {"beratungsraum-1", "beratungsraum-2", "beratungsraum-3"}
SEEN_SECONDS_MAX = 15
FROM, TO = dav.stamp(dav.day(-7, 0)), dav.stamp(dav.day(60, 0))


def eventually(what: str, question):
    """Asks until the answer is true; what Thunderbird says is done may still be on its way."""
    until = time.monotonic() + SEEN_SECONDS_MAX
    while not (answer := question()):
        assert time.monotonic() < until, f"not within {SEEN_SECONDS_MAX} s: {what}"
        time.sleep(0.2)
    return answer


class Desk:
    """A user at a Thunderbird, and the same user looking at the server directly."""

    def __init__(self, town, name: str, bird: Thunderbird):
        self.town, self.name, self.bird = town, name, bird
        self.user = dav.User(town, name)

    def subscribe(self) -> list[dict]:
        """Adds every calendar found from the bare address."""
        return self.bird.script(
            "subscribe", address=self.town.url + "/", login=self.town.login(self.name), password=self.town.password
        )

    def book(self, slug: str, uid: str, title: str, begin, minutes: int = 60, **more) -> None:
        """Draws an event into a calendar."""
        end = dav.stamp(begin + timedelta(minutes=minutes))
        self.bird.script("book", slug=slug, uid=uid, title=title, start=dav.stamp(begin), end=end, **more)

    def change(self, slug: str, title: str, begin=None, new_title: str = "", at=None) -> None:
        """Moves an event (or the occurrence `at`) to `begin`, for an hour, or gives it a new title."""
        self.bird.script(
            "change", slug=slug, title=title, newTitle=new_title, at=dav.stamp(at) if at else None,
            start=dav.stamp(begin) if begin else None, end=dav.stamp(begin + timedelta(hours=1)) if begin else None,
            **{"from": FROM, "to": TO},
        )  # fmt: skip

    def remove(self, slug: str, title: str, at=None, whole: bool = False) -> None:
        """Deletes an event, an occurrence or a whole series."""
        at = dav.stamp(at) if at else None
        self.bird.script("remove", slug=slug, title=title, at=at, whole=whole, **{"from": FROM, "to": TO})

    def events(self, slug: str, refresh: bool = True) -> list[tuple[str, str]]:
        """(title, start) of what Thunderbird shows."""
        shown = self.bird.script("events", slug=slug, refresh=refresh, **{"from": FROM, "to": TO})
        return sorted((one["title"], one["start"]) for one in shown)

    def shows(self, slug: str, expected: list[tuple[str, str]]) -> None:
        """Thunderbird shows exactly these, perhaps after another look at the server."""
        until = time.monotonic() + SEEN_SECONDS_MAX
        while (shown := self.events(slug)) != sorted(expected):
            assert time.monotonic() < until, f"Thunderbird shows {shown}, not {expected}"
            time.sleep(0.2)

    def titles(self, slug: str, refresh: bool = True) -> list[str]:
        """The titles of what Thunderbird shows."""
        return [title for title, _ in self.events(slug, refresh)]

    def answers(self, slug: str, title: str, room: str, answer: str) -> None:
        """Thunderbird shows this answer of a room, after its own refresh."""
        address = f"{room}@raeume.rathaus.example"

        def shown():
            invited = self.bird.script("answers", slug=slug, title=title, **{"from": FROM, "to": TO})
            return [one for one in invited if one["address"] == address and one["answer"] == answer]

        said = eventually(f"{room} says {answer} to {title}", shown)
        assert said[0]["kind"] == "ROOM", said

    def server(self, slug: str, text: str) -> list[str]:
        """The objects on the server in which `text` occurs."""
        return self.user.holding(self.user.calendar(slug), text)


def run(town, tally) -> None:
    """The story with one Thunderbird, then the race with two."""
    tools.apt({"Xvfb": "xvfb", "/usr/lib/thunderbird/thunderbird": "thunderbird"})
    with Display() as display, Thunderbird(USER, display) as bird:
        desk = Desk(town, USER, bird)
        print(f"Thunderbird {bird.script('ready')}", flush=True)
        discovery(desk, tally)
        one_event(desk, tally)
        series(desk, tally)
        with Thunderbird(OTHER, display) as second:
            other = Desk(town, OTHER, second)
            refusals(desk, other, tally)
            invitations(desk, other, tally)
            race(desk, other, tally)


def discovery(desk: Desk, tally) -> None:
    with tally.step("the dialog finds the own calendar and every permitted room from the bare address"):
        found = desk.subscribe()
        assert {one["slug"] for one in found} == ROOMS | {"kalender", f"{desk.name}-1"}, found
        assert all(one["ticked"] and not one["readOnly"] and one["name"] for one in found), found
    with tally.step("every calendar is in use, writable and without an error after its first sync"):
        for one in desk.bird.script("state"):
            assert not one["disabled"] and not one["status"] and not one["readOnly"], one


def one_event(desk: Desk, tally) -> None:
    begin = dav.day(0, 9)
    with tally.step("an event drawn into a room is on the server"):
        desk.book("beratungsraum-1", "tb-eins", "Wohngeld Beratung", begin)
        data = eventually("the event on the server", lambda: desk.server("beratungsraum-1", "UID:tb-eins"))
        assert "SUMMARY:Wohngeld Beratung" in data[0], data
        desk.shows("beratungsraum-1", [("Wohngeld Beratung", dav.stamp(begin))])
    with tally.step("moved and renamed, it is moved and renamed on the server"):
        later = begin + timedelta(hours=2)
        desk.change("beratungsraum-1", "Wohngeld Beratung", later, "Wohngeld Bescheid")
        eventually("the change on the server", lambda: desk.server("beratungsraum-1", "SUMMARY:Wohngeld Bescheid"))
        desk.shows("beratungsraum-1", [("Wohngeld Bescheid", dav.stamp(later))])
    with tally.step("it can be changed a second time without a conflict"):
        desk.change("beratungsraum-1", "Wohngeld Bescheid", new_title="Wohngeld Abschluss")
        eventually("the change on the server", lambda: desk.server("beratungsraum-1", "SUMMARY:Wohngeld Abschluss"))
    with tally.step("deleted, it is gone from the server"):
        desk.remove("beratungsraum-1", "Wohngeld Abschluss")
        eventually("the deletion", lambda: not desk.server("beratungsraum-1", "UID:tb-eins"))
        desk.shows("beratungsraum-1", [])
    with tally.step("an event of another device appears after a refresh, and goes after another"):
        href = desk.user.calendar("kalender") + "telefon.ics"
        assert desk.user.put(href, dav.event("telefon", "Rückruf", begin)).status == 201
        eventually("the event", lambda: desk.titles("kalender") == ["Rückruf"])
        assert desk.user.request("DELETE", href).status in (200, 204)
        eventually("its end", lambda: desk.titles("kalender") == [])


def series(desk: Desk, tally) -> None:
    begin = dav.day(1, 9)
    weeks = [begin + timedelta(days=7 * week) for week in range(4)]
    title = "Sprechstunde Rente"
    with tally.step("a weekly series is one object on the server and four events here"):
        desk.book("beratungsraum-3", "tb-reihe", title, begin, rule="FREQ=WEEKLY;COUNT=4")
        data = eventually("the series", lambda: desk.server("beratungsraum-3", "UID:tb-reihe"))
        assert len(data) == 1 and "RRULE:FREQ=WEEKLY;COUNT=4" in data[0], data
        desk.shows("beratungsraum-3", [(title, dav.stamp(one)) for one in weeks])
    with tally.step("one occurrence moved by three hours stays in the same object"):
        moved = weeks[1] + timedelta(hours=3)
        desk.change("beratungsraum-3", title, moved, at=weeks[1])
        data = eventually("the exception", lambda: desk.server("beratungsraum-3", "RECURRENCE-ID"))
        assert len(data) == 1 and data[0].count("BEGIN:VEVENT") == 2, data
        desk.shows("beratungsraum-3", [(title, dav.stamp(one)) for one in (weeks[0], moved, weeks[2], weeks[3])])
    with tally.step("one occurrence deleted leaves the others"):
        moved = weeks[1] + timedelta(hours=3)
        desk.remove("beratungsraum-3", title, at=weeks[2])
        eventually("the hole", lambda: desk.server("beratungsraum-3", "EXDATE"))
        desk.shows("beratungsraum-3", [(title, dav.stamp(one)) for one in (weeks[0], moved, weeks[3])])
    with tally.step("the whole series deleted is gone"):
        desk.remove("beratungsraum-3", title, at=weeks[0], whole=True)
        eventually("the deletion", lambda: not desk.server("beratungsraum-3", "UID:tb-reihe"))
        desk.shows("beratungsraum-3", [])


def refusals(desk: Desk, other: Desk, tally) -> None:
    taken, free = dav.day(2, 13), dav.day(2, 15)
    with tally.step("a second user finds the shared rooms, and not the first department's own"):
        found = {one["slug"] for one in other.subscribe()}
        assert found == ROOMS | {"kalender", f"{other.name}-1"}, found
    with tally.step("the second user sees a booking as taken time, without its title"):
        desk.book("beratungsraum-2", "tb-belegt", "Schuldnerberatung Erstgespräch", taken)
        eventually("the booking", lambda: desk.server("beratungsraum-2", "UID:tb-belegt"))
        shown = eventually("the taken time", lambda: other.events("beratungsraum-2"))
        assert shown == [(TAKEN, dav.stamp(taken))], shown
    with tally.step("a booking of the taken slot disappears, and the room shows who has it"):
        attempt(lambda: other.book("beratungsraum-2", "tb-zu-spaet", "Zu spät", taken + timedelta(minutes=30)))
        eventually("the end of the refused event", lambda: "Zu spät" not in other.titles("beratungsraum-2"))
        other.shows("beratungsraum-2", [(TAKEN, dav.stamp(taken))])
        assert not other.server("beratungsraum-2", "Zu spät")
    with tally.step("the calendar stays in use: the next booking goes through"):
        other.book("beratungsraum-2", "tb-frei", "Beratung Familie", free)
        eventually("the booking", lambda: other.server("beratungsraum-2", "SUMMARY:Beratung Familie"))
        other.shows("beratungsraum-2", [(TAKEN, dav.stamp(taken)), ("Beratung Familie", dav.stamp(free))])
    with tally.step("a move onto the taken slot leaves the booking where it was"):
        before = other.server("beratungsraum-2", "SUMMARY:Beratung Familie")
        attempt(lambda: other.change("beratungsraum-2", "Beratung Familie", taken))
        other.shows("beratungsraum-2", [(TAKEN, dav.stamp(taken)), ("Beratung Familie", dav.stamp(free))])
        assert other.server("beratungsraum-2", "SUMMARY:Beratung Familie") == before
    with tally.step("another's booking cannot be deleted"):
        attempt(lambda: other.remove("beratungsraum-2", TAKEN))
        time.sleep(1)  # For a request that would delete it.
        assert desk.server("beratungsraum-2", "UID:tb-belegt")
        other.shows("beratungsraum-2", [(TAKEN, dav.stamp(taken)), ("Beratung Familie", dav.stamp(free))])


def invitations(desk: Desk, other: Desk, tally) -> None:
    room, begin = "beratungsraum-3", dav.day(3, 13)
    address = f"{room}@raeume.rathaus.example"

    def invite(each: Desk, uid: str, title: str, at) -> None:
        each.book("kalender", uid, title, at, organizer=each.town.login(each.name), invite=[address])

    with tally.step("an invited room shows that it accepts, and as a room"):
        invite(desk, "tb-gast-1", "Beratung mit Raum", begin)
        desk.answers("kalender", "Beratung mit Raum", room, "ACCEPTED")
    with tally.step("its calendar shows the time taken, to others without the title"):
        eventually("the taken time", lambda: (TAKEN, dav.stamp(begin)) in other.events(room))
    with tally.step("a second user's meeting at that time shows that the room declines"):
        invite(other, "tb-gast-2", "Zweite Beratung", begin)
        other.answers("kalender", "Zweite Beratung", room, "DECLINED")
    with tally.step("moved to a free hour, the room accepts"):
        other.change("kalender", "Zweite Beratung", begin + timedelta(hours=1))
        other.answers("kalender", "Zweite Beratung", room, "ACCEPTED")
    with tally.step("the attendees dialog knows when the room is busy"):
        found = desk.bird.script("busy", address=address, **{"from": FROM, "to": TO})
        assert any(one["busy"] and one["start"] == dav.stamp(begin) for one in found), found
    with tally.step("a deleted meeting frees the room"):
        desk.remove("kalender", "Beratung mit Raum")
        eventually("the free room", lambda: (TAKEN, dav.stamp(begin)) not in other.events(room))


def race(desk: Desk, other: Desk, tally) -> None:
    slots = [dav.day(3, hour) for hour in (8, 10, 12)]
    for number, slot in enumerate(slots, 1):
        with tally.step(f"two users race for a slot, round {number}: one has it, the other sees that"):
            with ThreadPoolExecutor(2) as both:
                for each in (desk, other):
                    both.submit(
                        attempt, lambda each=each: each.book(
                            "beratungsraum-1", f"tb-rennen-{each.name}-{number}", f"Rennen {each.name}", slot
                        )
                    )  # fmt: skip
            winners = [
                each for each in (desk, other) if each.server("beratungsraum-1", f"UID:tb-rennen-{each.name}-{number}")
            ]
            assert len(winners) == 1, f"{len(winners)} won"
            for each in (desk, other):
                seen = f"Rennen {each.name}" if each is winners[0] else TAKEN
                past = [one for one in each.events("beratungsraum-1") if one[1] != dav.stamp(slot)]
                each.shows("beratungsraum-1", [*past, (seen, dav.stamp(slot))])


def attempt(action) -> None:
    """Does what may be refused; Thunderbird tells its own code so by throwing, or not at all."""
    try:
        action()
    except Exception as error:  # noqa: BLE001 - what matters is what is there afterwards
        print(f"     (Thunderbird: {str(error)[:120]})", flush=True)
