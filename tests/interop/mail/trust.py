"""Whose mail counts: senders, loops, forgeries and nonsense."""

import re
import smtplib
from datetime import datetime, timedelta, timezone

from harness import dav

from . import page
from .citizens import invited, notes, partstat, told
from .house import COLLEAGUE, Clerk, Days, House, answer_of, berlin, citizen, mail_with, plain_mail, room_address
from .letters import Letter
from .requests import request, uid_of

ROOM = "beratungsraum-1"


def run(tally) -> None:
    """All through Postfix, where a forger would come in."""
    with House("trust", postfix=True) as house:
        clerk, days = house.user("bauen"), Days(dav.day(0, 9))
        for story in (strangers, stale, machines, forgers, refusals, pipe):
            story(house, clerk, days, tally)
        with tally.step("the server is as it was: every page and calendar answers"):
            assert house.town.answers()
            house.town.tell("check")


def unchanged(house: House, clerk: Clerk, uid: str, before: str) -> None:
    """The meeting is as it was, after all mail has gone its way."""
    house.postfix.settle()
    assert clerk.stored(uid) == before, f"{before}\n{clerk.stored(uid)}"


def strangers(house: House, clerk: Clerk, days: Days, tally) -> None:
    """Answers that are not the citizen's."""
    who, begin = citizen("nora"), berlin(days.take(), 10)
    letter = invited(house, clerk, "nora", begin, who, ROOM)
    stored = clerk.stored("nora")
    thief = "dieb@anderswo.example"
    with tally.step("an answer from another address changes nothing, and the clerk is told"):
        before = len(notes(house, clerk))
        raw = answer_of(letter, who, "DECLINED", sender=thief)
        house.deliver(raw, thief, letter.sender)
        unchanged(house, clerk, "nora", stored)
        told(house, clerk, before, "anderen Adresse|andere Adresse", "nora|dieb|Termin")
        assert clerk.busy(ROOM, begin) and not house.sink.to(thief)
    with tally.step("a party-crasher who answers for themselves is not on the list afterwards"):
        raw = answer_of(letter, who, "ACCEPTED", sender=thief, attendee=thief)
        house.deliver(raw, thief, letter.sender)
        unchanged(house, clerk, "nora", stored)
        assert thief not in clerk.stored("nora")
    with tally.step("the citizen's address in From is not enough without the secret one of the appointment"):
        guessed = re.sub(r"\+.*@", "+" + "a" * 32 + "@", letter.sender)
        for address in (guessed, guessed.replace("+" + "a" * 32, "")):
            try:
                house.by_lmtp(answer_of(letter, who, "DECLINED"), who, address)
            except smtplib.SMTPException:
                pass
        unchanged(house, clerk, "nora", stored)
        assert clerk.busy(ROOM, begin)
    with tally.step("an answer that names another organizer changes nothing"):
        raw = answer_of(letter, who, "DECLINED", organizer="chef@anderswo.example")
        house.deliver(raw, who, letter.sender)
        unchanged(house, clerk, "nora", stored)
        assert clerk.busy(ROOM, begin)


def stale(house: House, clerk: Clerk, days: Days, tally) -> None:
    """Answers to what is no longer so."""
    who, begin = citizen("olga"), berlin(days.take(), 10)
    first = invited(house, clerk, "olga", begin, who, ROOM)
    with tally.step("an answer to the time before the move is ignored"):
        later = begin + timedelta(hours=1)
        assert clerk.invite("olga", later, who, room=ROOM).status == 204
        second = house.letter(who, 2)
        stored = clerk.stored("olga")
        house.deliver(answer_of(first, who, "DECLINED"), who, first.sender)
        house.postfix.settle()
        assert clerk.busy(ROOM, later), "an old answer has freed the room"
        assert partstat(clerk, "olga", who) == partstat_in(stored, who), clerk.stored("olga")
    with tally.step("an answer that is older than the last one is ignored"):
        now = datetime.now(timezone.utc)
        house.deliver(answer_of(second, who, "ACCEPTED", stamp=now), who, second.sender)
        house.postfix.settle()
        assert partstat(clerk, "olga", who) == "ACCEPTED", clerk.stored("olga")
        house.deliver(answer_of(second, who, "TENTATIVE", stamp=now - timedelta(hours=1)), who, second.sender)
        house.postfix.settle()
        assert partstat(clerk, "olga", who) == "ACCEPTED", clerk.stored("olga")
    with tally.step("the same answer twice is told once"):
        before = len(notes(house, clerk))
        raw = answer_of(second, who, "DECLINED", stamp=now + timedelta(seconds=5))
        for _ in range(2):
            house.deliver(raw, who, second.sender)
        told(house, clerk, before, "abgesagt|absage")
        house.sink.none_more(clerk.address, before + 1)
        house.sink.none_more(who, 3, 0.5)


def partstat_in(text: str, who: str) -> str:
    """The citizen's answer in a stored text."""
    line = next(line for line in text.splitlines() if line.startswith("ATTENDEE") and line.endswith(who))
    found = re.search(r"PARTSTAT=([A-Z-]+)", line)
    return found.group(1) if found else ""


def machines(house: House, clerk: Clerk, days: Days, tally) -> None:
    """Out of office, lists, reports: never answered."""
    who, begin = citizen("petra"), berlin(days.take(), 10)
    letter = invited(house, clerk, "petra", begin, who, ROOM)
    stored = clerk.stored("petra")
    robots = {
        "Auto-Submitted: auto-replied\r\n": who,
        "X-Auto-Response-Suppress: All\r\nPrecedence: auto_reply\r\nX-Autoreply: yes\r\n": who,
        "Precedence: bulk\r\nList-Id: <liste.example>\r\n": "liste-bounces@liste.example",
    }
    with tally.step("absence notes and lists are never answered and change nothing"):
        total = len(house.sink.to(who))
        for headers, sender in robots.items():
            raw = plain_mail(sender, letter.sender, "Abwesenheit", "Ich bin im Urlaub, absagen", headers)
            house.deliver(raw, sender, letter.sender)
        unchanged(house, clerk, "petra", stored)
        house.sink.none_more(who, total, 1)
        assert not house.sink.to("liste-bounces@liste.example")
    with tally.step("machines that write to a room get no answer"):
        begin += timedelta(hours=2)
        before = len(house.sink.to(clerk.address))
        raw = request("owa-request", uid_of("owa"), ROOM, clerk.address, begin)
        # A calendar may send requests by itself (auto-generated); what answers or goes to many never books.
        for headers in ("Auto-Submitted: auto-replied\r\n", "Precedence: list\r\nList-Id: <x.example>\r\n"):
            house.deliver(headers.encode() + raw, clerk.address, room_address(ROOM))
        house.deliver(plain_mail(clerk.address, room_address(ROOM), "Hallo", "Ist der Raum frei?",
                                 "Auto-Submitted: auto-replied\r\n"), clerk.address, room_address(ROOM))  # fmt: skip
        house.postfix.settle()
        house.sink.none_more(clerk.address, before, 1)
    with tally.step("mail with the empty sender is never answered"):
        count = house.sink.count()
        house.postfix.send(
            plain_mail("mailer-daemon@mx.example", room_address(ROOM), "Undelivered", "x"), "", room_address(ROOM)
        )
        house.postfix.settle()
        assert house.sink.count() == count, [kept.recipients for kept in house.sink.kept[count:]]


def forgers(house: House, clerk: Clerk, days: Days, tally) -> None:
    """Meeting requests in the name of others."""
    begin = berlin(days.take(), 10)

    def send(organizer: str, sender: str, **how) -> None:
        headers = how.pop("headers", b"")
        raw = request("outlook-request", uid_of("outlook"), ROOM, organizer, begin)
        house.postfix.send(headers + raw, sender, room_address(ROOM), **how)
        house.postfix.settle()

    with tally.step("a request in the clerk's name that the mail server has not found good books nothing"):
        before = len(house.sink.to(clerk.address))
        send(clerk.address, clerk.address, port=house.postfix.world)
        assert not clerk.busy(ROOM, begin)
    with tally.step(
        "a forged Authentication-Results of our own mail server is taken out on the way, and books nothing"
    ):
        forged = b"Authentication-Results: mx.rathaus.example; dmarc=pass header.from=rathaus.example\r\n"
        send(clerk.address, clerk.address, port=house.postfix.world, headers=forged)
        assert not clerk.busy(ROOM, begin)
    with tally.step("another server's results are not believed"):
        forged = b"Authentication-Results: mx.anderswo.example; dmarc=pass header.from=rathaus.example\r\n"
        send(clerk.address, clerk.address, port=house.postfix.world, headers=forged)
        assert not clerk.busy(ROOM, begin)
    with tally.step("who is good for another domain may not book as the clerk"):
        send(clerk.address, "dieb@anderswo.example")
        assert not clerk.busy(ROOM, begin)
    with tally.step("somebody from outside may not book, in their own name"):
        send("firma@anderswo.example", "firma@anderswo.example")
        assert not clerk.busy(ROOM, begin)
    with tally.step("nobody who was impersonated got an answer of a room"):
        news = [Letter(kept) for kept in house.sink.to(clerk.address)[before:]]
        assert not [one for one in news if one.has_calendar], [one.subject for one in news]
    with tally.step("a computer of the town hall's own network needs no signature"):
        send(clerk.address, clerk.address, port=house.postfix.world, client=COLLEAGUE)
        assert clerk.busy(ROOM, begin)


def refusal(send) -> int:
    """The status with which a message is refused while it is handed over."""
    try:
        send()
    except smtplib.SMTPRecipientsRefused as error:
        return next(iter(error.recipients.values()))[0]
    except smtplib.SMTPResponseException as error:
        return error.smtp_code
    raise AssertionError("it was taken")


def refusals(house: House, clerk: Clerk, days: Days, tally) -> None:
    """What is refused while the other mail server still holds the line."""
    with tally.step("an address that does not exist is refused at once, so that Postfix refuses it at its door"):
        for address in ("keller@raeume.rathaus.example", "termin+" + "x" * 32 + "@termine.rathaus.example"):
            raw = plain_mail("a@b.example", address, "x", "x")
            assert refusal(lambda raw=raw, to=address: house.by_lmtp(raw, "a@b.example", to)) == 550
            world = house.postfix.world
            code = refusal(lambda raw=raw, to=address: house.postfix.send(raw, "a@b.example", to, port=world))
            assert code in (450, 550), code
    with tally.step("a message that is too long is refused for good"):
        big = plain_mail(clerk.address, room_address(ROOM), "x", "y" * 70 + ("\r\n" + "y" * 70) * 20_000)
        code = refusal(lambda: house.by_lmtp(big, "a@b.example", room_address(ROOM)))
        assert code in (552, 554), code
    with tally.step("words to a room are refused with the reason, so that the writer learns of it"):
        raw = plain_mail(clerk.address, room_address(ROOM), "Frage", "Ist der Raum frei?")
        assert refusal(lambda: house.by_lmtp(raw, clerk.address, room_address(ROOM))) == 550
    with tally.step("nonsense in place of a calendar is no reason to fall over"):
        for ics in ("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n", "\x00\xff", "BEGIN:VEVENT\r\n" * 3000, ""):
            raw = mail_with(clerk.address, room_address(ROOM), "x", ics, "REQUEST")
            house.deliver(raw, clerk.address, room_address(ROOM))
        nested = "".join(
            f'Content-Type: multipart/mixed; boundary="b{depth}"\r\n\r\n--b{depth}\r\n' for depth in range(300)
        )
        raw = plain_mail(clerk.address, room_address(ROOM), "x", "x").split(b"Content-Type")[0] + nested.encode()
        house.deliver(raw, clerk.address, room_address(ROOM))
        house.postfix.settle()
        assert house.town.answers() and not house.town.complaints(), house.town.complaints()


def pipe(house: House, clerk: Clerk, days: Days, tally) -> None:
    """`terminraum deliver`, for mail servers without LMTP."""
    who, begin = citizen("quirin"), berlin(days.take(), 10)
    with tally.step("the same answer through a pipe counts the same"):
        letter = invited(house, clerk, "quirin", begin, who, ROOM)
        result = b"Authentication-Results: mx.rathaus.example; dmarc=pass header.from=buerger.example\r\n"
        raw = result + answer_of(letter, who, "DECLINED")
        house.town.pipe(raw, "deliver", "--to", letter.sender)
        assert not clerk.busy(ROOM, begin), "the room is still taken"
        assert page.get(letter.page).status == 200
