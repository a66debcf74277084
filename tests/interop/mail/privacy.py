"""Reminders and erasure, on a clock that is moved; canaries in everything that leaves the house."""

import re
from datetime import datetime, timezone

from . import page
from .house import BERLIN, Clerk, House, citizen, soon
from .letters import Letter

# A Monday.
NOW = datetime(2026, 10, 12, 6, tzinfo=timezone.utc)
CANARIES = ["Kanarienkatze", "Kanarienhund", "Kanarienfisch", "kanarienmaus"]
ROOM = "beratungsraum-1"


def at(day: int, hour: int) -> datetime:
    """A moment of October 2026 on the wall clock of the house."""
    return datetime(2026, 10, day, hour, tzinfo=BERLIN)


def run(tally) -> None:
    """First what is told on the way, then what is forgotten."""
    with House("privacy", now=NOW) as house:
        clerk = house.user("soziales")
        reminders(house, clerk, tally)
        canaries(house, clerk, tally)
        erasure(house, clerk, tally)
        logs(house, tally)


def reminders(house: House, clerk: Clerk, tally) -> None:
    """One working day before, once."""
    who, off, near = citizen("rosa"), citizen("rolf"), citizen("ruth")
    with tally.step("one working day before, one reminder comes, and it is no new invitation"):
        assert clerk.invite("rosa", at(15, 14), who, room=ROOM, DESCRIPTION="Für Bürger:\nBitte Ausweis.").status == 201
        assert clerk.invite("rolf", at(15, 15), off, room=ROOM).status == 201
        invitation = house.letter(who, 1)
        house.letter(off, 1)
        assert clerk.request("DELETE", f"{clerk.own}rolf.ics").status == 204
        house.letter(off, 2)
        house.sink.none_more(who, 1, 1)
        # Tuesday morning it is too early, Wednesday at noon it is not.
        house.forward("1d")
        house.sink.none_more(who, 1, 2)
        house.forward("1d6h")
        reminder = house.letter(who, 2, 15)
        assert re.search("Erinnerung|erinnern", reminder.subject + reminder.plain), reminder.plain
        for word in ("Donnerstag", "15. Oktober 2026", "14:00", "Beratungsraum 1", "Ausweis", invitation.number):
            assert word in reminder.plain, f"{word} is not in\n{reminder.plain}"
        if reminder.has_calendar:
            same = (reminder.uid, reminder.sequence) == (invitation.uid, invitation.sequence)
            assert reminder.method != "REQUEST" or same, "a new invitation"
        assert reminder.sender == invitation.sender, reminder.sender
    with tally.step("it comes once, and never after a cancellation"):
        house.forward("2h")
        house.sink.none_more(who, 2, 3)
        assert len(house.sink.to(off)) == 2, [Letter(kept).subject for kept in house.sink.to(off)]
    with tally.step("who was invited less than 36 hours ahead gets none"):
        # It is Wednesday at four in the afternoon.
        assert clerk.invite("ruth", at(15, 9), near, room=ROOM).status == 201
        house.letter(near, 1)
        house.sink.none_more(near, 1, 2)


def canaries(house: House, clerk: Clerk, tally) -> None:
    """Words that must stay in the house."""
    who, begin = citizen("sara"), at(20, 10)
    with tally.step("title, notes, place, category, attachment and other guests are in no mail, page or header"):
        lines = (
            "CATEGORIES:Kanarienkatze\nATTACH:https://rathaus.example/Kanarienkatze.pdf\nCOMMENT:Kanarienhund\n"
            "X-KANARIENFISCH:Kanarienfisch\nCONTACT:Kanarienhund\nURL:https://rathaus.example/Kanarienfisch\n"
            "RESOURCES:Kanarienkatze\nBEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT10M\nDESCRIPTION:Kanarienhund\nEND:VALARM"
        )
        guests = ["kanarienmaus@rathaus.example", who]
        for number, when in enumerate((begin, at(20, 11)), 1):
            answer = clerk.invite(
                "sara", when, *guests, room=ROOM, SUMMARY="Kanarienkatze", LOCATION="Kanarienhund",
                DESCRIPTION="Kanarienfisch\n\nFür Bürger:\nBitte klingeln.\n\nIntern: Kanarienkatze", lines=lines,
            )  # fmt: skip
            assert answer.status in (201, 204), answer.text
            letter = house.letter(who, number)
            assert "Bitte klingeln." in letter.plain, letter.plain
        sheets = [page.get(letter.page)]
        sheets += [page.get(house.town.url + href) for href, _ in sheets[0].links if href.startswith("/t/")]
        said = [(one.url.rsplit("/", 1)[-1], one.html + str(one.headers)) for one in sheets]
        said += [(one.subject, one.all_text()) for one in map(Letter, house.sink.to(who))]
        for where, text in said:
            for word in CANARIES:
                assert word not in text, f"{word} is in {where}"
    with tally.step("the other guests' mails do not tell of each other either"):
        other = [Letter(kept) for kept in house.sink.to("kanarienmaus@rathaus.example")]
        assert other and not any(who in letter.all_text() for letter in other), other


def erasure(house: House, clerk: Clerk, tally) -> None:
    """What is known of citizens goes, and nobody is told."""
    with tally.step("days after the appointment the citizen's data are erased; no mail goes out"):
        letter = Letter(house.sink.to(citizen("rosa"))[0])
        for number in range(20):
            who = citizen(f"tom{number}")
            begin = at(21, 8 + number % 8)
            answer = clerk.invite(f"tom{number}", begin, who, room=f"beratungsraum-{1 + number // 8}")
            assert answer.status == 201, answer.text
        for number in range(20):
            house.letter(citizen(f"tom{number}"), 1)
        assert page.get(letter.page).status == 200
        # Past the reminders of the appointments to come, then past everything.
        house.forward("6d")
        soon(lambda: len(house.sink.to(citizen("tom19"))) == 2, "no reminder")
        dav_settled(house)
        count = house.sink.count()
        house.forward("10d")
        soon(lambda: page.get(letter.page).status == 410, lambda: f"{page.get(letter.page).status}", 20)
        gone = page.get(letter.page)
        assert "02861 939-0" in gone.text, gone.text
        stored = clerk.stored("tom3")
        assert stored and "tom3@" not in stored, stored
        house.sink.none_more(citizen("tom3"), 2, 3)
        assert house.sink.count() == count, [kept.recipients for kept in house.sink.kept[count:]]
    with tally.step("an erased page and an unknown one answer the same"):
        unknown = page.get(house.town.url + "/t/" + "A" * 26)
        gone = page.get(letter.page)
        assert (unknown.status, unknown.text) == (gone.status, gone.text) == (410, gone.text), unknown.status
    with tally.step("erasing again, and exporting the town, sends nothing"):
        house.forward("30d")
        house.town.tell("export", "-")
        count = house.sink.count()
        house.sink.none_more(citizen("tom3"), 2, 2)
        assert house.sink.count() == count, count


def dav_settled(house: House) -> None:
    """Waits until no mail has come for a moment."""
    count = -1
    while count != house.sink.count():
        count = house.sink.count()
        house.sink.none_more("nobody@nowhere.example", 0, 1.5)


def logs(house: House, tally) -> None:
    """What the server has written down on the way."""
    with tally.step("no line of the log holds a title, a name, an address, a number or a secret"):
        text = house.town.log.read_text(errors="replace")
        # What the demo greets its user with is no log.
        lines = [line for line in text.splitlines() if re.match(r"\S*\d{4}-\d\d-\d\dT|\{", line)]
        letters = [Letter(kept) for kept in house.sink.kept]
        secrets = {PATH.search(letter.page).group(1) for letter in letters if PATH.search(letter.plain)}
        secrets |= {letter.sender.split("+")[1].split("@")[0] for letter in letters if "+" in letter.sender}
        words = [*CANARIES, "@buerger.example", "rosa", "sara", "tom1", *secrets]
        for line in lines:
            for word in words:
                assert word not in line, f"{word} is in {line}"
        assert len(secrets) > 20, len(secrets)


PATH = re.compile(r"/t/([A-Za-z0-9_-]{22,})")
