"""Rooms that are invited by mail, in the shapes of Outlook, Exchange, Gmail, Apple and Thunderbird.

The requests come through a real Postfix, and so do the answers.
"""

import re
from datetime import timedelta

from harness import dav

from . import page
from .house import Clerk, Days, House, berlin, citizen, read_by_icaljs, room_address, soon
from .letters import Letter, address_of, check_bytes
from .requests import CLIENTS, request, uid_of

ROOM = "beratungsraum-1"
OTHER_ROOM = "beratungsraum-2"
CANARY = "Kanarienvogel Schmitz"
GUEST = citizen("kanariengast")
SECRETS = ["Kanarienvogel", "Schmitz", "kanariengast"]


def run(tally) -> None:
    """First each client's life of a meeting, then what all have in common."""
    with House("rooms", postfix=True) as house:
        desk = Desk(house)
        for client in CLIENTS:
            life(desk, client, tally)
        for story in (methods, order, pool, without_title, invite_link, approval):
            story(desk, tally)
        with tally.step("every answer of a room is read the same by icalendar and ical.js"):
            answers = [Letter(kept) for kept in list(house.sink.kept)]
            answers = [letter for letter in answers if letter.has_calendar]
            assert len(answers) > 15, len(answers)
            for letter, found in zip(answers, read_by_icaljs([one.ics.decode() for one in answers]), strict=True):
                check_bytes(letter)
                assert found["method"] == letter.method == letter.method_parameter, found
                assert found["events"][0]["uid"] == letter.uid, found
                assert found["events"][0]["organizer"].lower() == str(letter.events[0]["ORGANIZER"]).lower(), found
                # Who proposes another time stands in its refusal too (RFC 5546 section 3.2.8).
                expected = 1 if letter.method == "REPLY" else len(letter.attendees)
                assert len(found["events"][0]["attendees"]) == len(letter.attendees) == expected, found
        with tally.step("what stood in the requests is in no mail, no calendar and no line of the log"):
            for kept in list(house.sink.kept):
                for word in SECRETS:
                    letter = Letter(kept)
                    assert GUEST in kept.recipients or word not in letter.all_text(), f"{word}: {letter.subject}"
            for clerk in (desk.clerk, desk.rival, house.user("bauen")):
                for href in clerk.calendars().values():
                    for text in clerk.objects(href).values():
                        assert not any(word in text for word in SECRETS), text
            log = house.town.log.read_text(errors="replace")
            assert not any(word in log for word in SECRETS), "the log tells"


class Desk:
    """Two people who book by mail alone."""

    def __init__(self, house: House):
        self.house = house
        self.clerk, self.rival = house.user("soziales"), house.user("bauen")
        self.days = Days(dav.day(0, 9))

    def send(self, name: str, uid: str, begin, organizer: Clerk | None = None, room: str = ROOM, **more) -> None:
        """Mails a request of that shape to the room."""
        organizer = organizer or self.clerk
        raw = request(name, uid, room, organizer.address, begin, **({"canary": CANARY, "other": GUEST} | more))
        self.house.deliver(raw, organizer.address, more.get("address") or room_address(room))

    def count(self, who: Clerk | None = None) -> int:
        """How many mails came to this person so far."""
        return len(self.house.sink.to((who or self.clerk).address))

    def answer(self, before: int, who: Clerk | None = None) -> Letter:
        """The one new mail to this person: a room's answer."""
        letter = Letter(self.house.sink.wait((who or self.clerk).address, before + 1)[-1])
        check_bytes(letter)
        return letter


def check_answer(letter: Letter, uid: str, organizer: str, partstat: str, room: str = ROOM) -> None:
    """RFC 5546 section 3.2.3 and RFC 6047: what an organizer's calendar needs to take the answer."""
    assert letter.method == letter.method_parameter == "REPLY", (letter.method, letter.method_parameter)
    assert letter.uid.startswith(uid), (letter.uid, uid)
    event = letter.events[0]
    assert len(letter.attendees) == 1, letter.attendees
    assert address_of(letter.attendees[0]).lower() == room_address(room), letter.attendees
    assert letter.attendees[0].params["PARTSTAT"] == partstat, letter.attendees[0].params
    # Exchange 2010 and Outlook refuse an answer without ORGANIZER.
    assert address_of(event["ORGANIZER"]).lower() == organizer, event.get("ORGANIZER")
    assert event["DTSTAMP"].to_ical().endswith(b"Z"), event["DTSTAMP"]
    assert letter.sender.lower() == room_address(room) and letter.to == [organizer], (letter.sender, letter.to)
    assert letter.message["Auto-Submitted"] == "auto-replied", letter.message["Auto-Submitted"]
    assert letter.message["In-Reply-To"], "no In-Reply-To"
    assert "REQUEST-STATUS" in event or partstat == "ACCEPTED", letter.ics.decode()


def life(desk: Desk, client: str, tally) -> None:
    """Book, be declined, move, call off; a series and one date of it."""
    clerk, rival, begin = desk.clerk, desk.rival, berlin(desk.days.take(), 10)
    uid, later = uid_of(client), begin + timedelta(hours=2)
    with tally.step(f"{client}: a request books the room, which accepts"):
        before = desk.count()
        desk.send(f"{client}-request", uid, begin)
        letter = desk.answer(before)
        check_answer(letter, uid, clerk.address, "ACCEPTED")
        assert letter.begin == begin, letter.begin
        assert clerk.busy(ROOM, begin), clerk.objects(clerk.calendar(ROOM))
    with tally.step(f"{client}: the second on the same time is declined, with the reason and alternatives"):
        before, lost = desk.count(rival), uid_of(client)
        desk.send(f"{client}-request", lost, begin, rival)
        letter = desk.answer(before, rival)
        check_answer(letter, lost, rival.address, "DECLINED")
        said = letter.plain
        assert re.search("belegt", said), said
        assert len(re.findall(r"Beratungsraum \d", said)) >= 2 and re.search(r"\d\d:\d\d", said), said
        assert str(letter.events[0].get("COMMENT", "")), letter.ics.decode()
        for word in ("Sabine", "Soziales", "soziales@", clerk.address):
            assert word not in letter.all_text(), f"it tells who has the room: {word}"
    with tally.step(f"{client}: moved, the new time is taken and the old one free"):
        before = desk.count()
        desk.send(f"{client}-request", uid, later, sequence=1)
        check_answer(desk.answer(before), uid, clerk.address, "ACCEPTED")
        assert clerk.busy(ROOM, later) and not clerk.busy(ROOM, begin)
    with tally.step(f"{client}: called off, the room is free, and nobody is bothered"):
        before = desk.count()
        desk.send(f"{client}-cancel", uid, later, sequence=2)
        soon(lambda: not clerk.busy(ROOM, later), "the room is still taken")
        desk.house.sink.none_more(clerk.address, before, 0.5)
    with tally.step(f"{client}: of a series of four, the date that is called off is free, the others stay"):
        uid, before = uid_of(client), desk.count()
        desk.send(f"{client}-series", uid, begin)
        check_answer(desk.answer(before), uid, clerk.address, "ACCEPTED")
        second = begin + timedelta(days=7)
        desk.send(f"{client}-cancel-occurrence", uid, second, sequence=1)

        def busy(when) -> bool:
            return rival.busy(ROOM, when)

        soon(lambda: not busy(second), "the second date is still taken")
        assert busy(begin) and busy(second + timedelta(days=7)), "a date that was not called off is free"
        desk.send(f"{client}-cancel", uid, begin, sequence=2)
        soon(lambda: not busy(begin) and not busy(second + timedelta(days=7)), "the series still keeps the room")


def methods(desk: Desk, tally) -> None:
    """Methods that come rarely: ADD, REFRESH, COUNTER."""
    clerk, begin, uid = desk.clerk, berlin(desk.days.take(), 10), uid_of("apple")
    before = desk.count()
    with tally.step("ADD: one more date of a meeting is decided like any other"):
        desk.send("apple-request", uid, begin)
        desk.answer(before)
        desk.send("any-add", uid, begin + timedelta(hours=2), sequence=1)
        check_answer(desk.answer(before + 1), uid, clerk.address, "ACCEPTED")
        assert clerk.busy(ROOM, begin) and clerk.busy(ROOM, begin + timedelta(hours=2)), "the added date is not booked"
    with tally.step("REFRESH is answered with how things stand, and changes nothing"):
        before = desk.count()
        desk.send("any-refresh", uid, begin)
        assert desk.answer(before).attendees[0].params["PARTSTAT"] == "ACCEPTED"
        assert clerk.busy(ROOM, begin)
    with tally.step("COUNTER to a room is turned down by DECLINECOUNTER"):
        before = desk.count()
        desk.send("any-counter", uid, begin + timedelta(hours=4), sequence=1)
        letter = desk.answer(before)
        assert letter.method == letter.method_parameter == "DECLINECOUNTER", letter.method
        assert clerk.busy(ROOM, begin) and not clerk.busy(ROOM, begin + timedelta(hours=4))


def order(desk: Desk, tally) -> None:
    """Mails that come twice, late, or in the name of another."""
    clerk, begin, uid = desk.clerk, berlin(desk.days.take(), 10), uid_of("owa")
    with tally.step("the same request twice is answered once"):
        before = desk.count()
        for _ in range(2):
            desk.send("owa-request", uid, begin, sequence=3, message_id="zweimal@rathaus.example")
        check_answer(desk.answer(before), uid, clerk.address, "ACCEPTED")
        desk.house.sink.none_more(clerk.address, before + 1)
    with tally.step("an older version that comes late changes nothing"):
        desk.send("owa-request", uid, begin + timedelta(hours=3), sequence=1)
        desk.house.postfix.settle()
        assert clerk.busy(ROOM, begin) and not clerk.busy(ROOM, begin + timedelta(hours=3))
    with tally.step("the same UID from another organizer is refused and merges nothing"):
        before = desk.count(desk.rival)
        desk.send("owa-request", uid, begin + timedelta(hours=4), desk.rival, sequence=9)
        desk.house.postfix.settle()
        assert clerk.busy(ROOM, begin), "the first meeting is gone"
        news = [Letter(kept) for kept in desk.house.sink.to(desk.rival.address)[before:]]
        assert not any("PARTSTAT=ACCEPTED" in dav.unfold(one.ics.decode()) for one in news if one.has_calendar), news


def pool(desk: Desk, tally) -> None:
    """An address that stands for several rooms."""
    clerk, begin, uid = desk.clerk, berlin(desk.days.take(), 10), uid_of("outlook")
    with tally.step("a request to a pool books one fitting room, and the answer names it"):
        before = desk.count()
        desk.send("outlook-request", uid, begin, address="servicecenter@rathaus.example")
        letter = desk.answer(before)
        assert letter.method == "REPLY" and letter.attendees[0].params["PARTSTAT"] == "ACCEPTED", letter.ics.decode()
        assert re.search(r"Beratungsraum \d", letter.plain), letter.plain
        taken = [room for room in ("beratungsraum-1", "beratungsraum-2", "beratungsraum-3") if clerk.busy(room, begin)]
        assert len(taken) == 1, taken
    with tally.step("called off at the pool's address, it is free again"):
        desk.send("outlook-cancel", uid, begin, address="servicecenter@rathaus.example", sequence=1)
        soon(lambda: not any(clerk.busy(f"beratungsraum-{one}", begin) for one in (1, 2, 3)), "the room is still taken")


def without_title(desk: Desk, tally) -> None:
    """What is kept of a meeting that came by mail."""
    clerk, begin, uid = desk.clerk, berlin(desk.days.take(), 10), uid_of("gmail")
    with tally.step("the room's calendar holds the time and neither title nor notes nor guests"):
        before = desk.count()
        desk.send("gmail-request", uid, begin)
        check_answer(desk.answer(before), uid, clerk.address, "ACCEPTED")
        for user in (clerk, desk.rival):
            texts = [text for text in user.objects(user.calendar(ROOM)).values() if dav.stamp(begin) in text]
            assert len(texts) == 1, texts
            assert not any(word in texts[0] for word in SECRETS), texts[0]
    with tally.step("the organizer's own calendars show no second entry"):
        for name, href in clerk.calendars().items():
            if not href.rstrip("/").endswith(ROOM):
                assert not any(uid in text for text in clerk.objects(href).values()), f"it stands in {name}"


def invite_link(desk: Desk, tally) -> None:
    """From the room's answer to the citizen's invitation, without Outlook's list of guests."""
    clerk, begin, uid = desk.clerk, berlin(desk.days.take(), 10), uid_of("outlook")
    who = citizen("ottilie")
    with tally.step("the room's answer leads to a form for inviting the citizen, with room and time filled in"):
        before = desk.count()
        desk.send("outlook-request", uid, begin)
        letter = desk.answer(before)
        links = re.findall(r"https?://\S+/invite/[A-Za-z0-9_-]{22,}", letter.plain)
        assert links, letter.plain
        form = page.get(links[0])
        assert form.status == 200 and "Beratungsraum 1" in form.text and begin.strftime("%H:%M") in form.text, form.text
        fields, _ = form.form("abschicken")
        assert "mail" in [name for name, _, _ in fields["fields"]], fields
    with tally.step("sent, the citizen gets our mail, in which nobody of Outlook's list stands"):
        sent = form.press("abschicken", mail=who)
        assert sent.status == 200, sent.status
        invitation = desk.house.letter(who, 1)
        assert invitation.begin == begin and "Beratungsraum 1" in invitation.plain, invitation.plain
        assert not any(word in invitation.all_text() for word in [*SECRETS, "Sabine", clerk.address]), "it tells"
    with tally.step("moved in Outlook, the citizen's appointment moves along"):
        desk.send("outlook-request", uid, begin + timedelta(hours=1), sequence=1)
        moved = desk.house.letter(who, 2)
        assert (moved.uid, moved.sequence) == (invitation.uid, 1), moved.sequence
        assert moved.begin == begin + timedelta(hours=1), moved.begin


def approval(desk: Desk, tally) -> None:
    """A room whose bookings somebody has to approve, by a link in a mail."""
    house, rival, begin = desk.house, desk.rival, berlin(desk.days.take(), 10)
    approver, uid = house.user("anmeldung"), uid_of("owa")
    with tally.step("the approver gets a link, which changes nothing when opened"):
        house.town.tell(
            "room", "edit", OTHER_ROOM, "--approver", "user:anmeldung", "--booked-with-approval-by", "user:bauen"
        )
        before, mine = desk.count(rival), desk.count(approver)
        desk.send("owa-request", uid, begin, rival, room=OTHER_ROOM)
        asked = Letter(house.sink.wait(approver.address, mine + 1)[-1])
        links = re.findall(r"https?://\S+/approve/[A-Za-z0-9_-]{22,}", asked.plain)
        assert links, asked.plain
        for _ in range(20):
            sheet = page.get(links[0])
        assert sheet.status == 200, sheet.status
        assert not [one for one in answers(desk, rival, before) if partstat_of(one) == "ACCEPTED"]
    with tally.step("pressed, the booking stands and the organizer's room accepts by mail"):
        sheet.press("annehmen")
        soon(lambda: any(partstat_of(one) == "ACCEPTED" for one in answers(desk, rival, before)), "no acceptance")
        assert rival.busy(OTHER_ROOM, begin)
    with tally.step("the link works once"):
        again = page.get(links[0])
        assert not any(re.search("freigeben|genehmigen|ablehnen", one["label"], re.I) for one in again.forms), (
            again.text
        )


def answers(desk: Desk, who: Clerk, before: int) -> list[Letter]:
    """Answers of rooms since then."""
    news = [Letter(kept) for kept in desk.house.sink.to(who.address)[before:]]
    return [letter for letter in news if letter.has_calendar]


def partstat_of(letter: Letter) -> str:
    """The room's answer in it."""
    return str(letter.attendees[0].params.get("PARTSTAT", ""))
