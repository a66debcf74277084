"""Letters wait for a relay that is away, refuses, or can't be trusted, and each leaves once."""

import json
import re
import threading
import time
from datetime import timedelta

from harness import certificates, dav, tools

from .house import Clerk, Days, House, berlin, citizen, soon
from .letters import Letter

BOOKINGS = 200
KILLS = 10
ROOMS = ["beratungsraum-1", "beratungsraum-2", "beratungsraum-3"]


def run(tally) -> None:
    """The demo with a relay in the clear, then a town that insists on TLS."""
    with House("queue") as house:
        clerk, days = house.user("bauen"), Days(dav.day(0, 9))
        refused_by_relay(house, clerk, days, tally)
        refused_bookings(house, clerk, days, tally)
    with House("storm") as house:
        storm(house, tally)
    secured = 'host = "localhost"\nport = {port}\nsecurity = "starttls"\nca = "{ca}"'
    with House("tls", served=secured) as house:
        only_with_tls(house, tally)


def queue(house: House) -> list[dict]:
    """What waits, as the command line tells it."""
    said = json.loads(house.town.tell("mail", "queue", "--json"))
    return said if isinstance(said, list) else said["letters"]


def refused_by_relay(house: House, clerk: Clerk, days: Days, tally) -> None:
    """4xx and 5xx in the dialogue."""
    begin = berlin(days.take(), 10)
    with tally.step("an address that the relay refuses flags the booking, and the clerk is told to phone"):
        who, before = citizen("weg"), len(house.sink.to(clerk.address))
        house.sink.refused[who] = "550 5.1.1 no such user"
        assert clerk.invite("weg", begin, who, room=ROOMS[0]).status == 201
        note = Letter(house.sink.wait(clerk.address, before + 1)[-1])
        assert re.search("nicht zugestellt", note.subject + note.plain), note.plain
        assert re.search(r"rufen Sie .*an|anrufen|telefon", note.plain, re.I), note.plain
        soon(lambda: re.search(r'SCHEDULE-STATUS="?5\.1', clerk.stored("weg")), lambda: clerk.stored("weg"))
        assert not queue(house), queue(house)
        assert clerk.busy(ROOMS[0], begin), "the room must stay"
    with tally.step("the corrected address gets the invitation"):
        right = citizen("wieder-da")
        assert clerk.invite("weg", begin, right, room=ROOMS[0]).status == 204
        assert house.letter(right, 1).begin == begin
        # Whoever never got the invitation is not told that it is withdrawn.
        house.sink.none_more(clerk.address, before + 1)
    with tally.step("a relay that is busy is tried again, and the letter comes once"):
        who = citizen("spaeter")
        house.sink.refused[who] = "451 4.7.1 try again later"
        assert clerk.invite("spaeter", begin + timedelta(hours=1), who, room=ROOMS[0]).status == 201
        soon(lambda: who in house.sink.attempts, "never tried")
        soon(lambda: len(queue(house)) == 1, lambda: str(queue(house)))
        told = json.dumps(queue(house))
        assert who not in told and "451" in told, told
        assert re.search(r'SCHEDULE-STATUS="?1\.', clerk.stored("spaeter")), clerk.stored("spaeter")
        del house.sink.refused[who]
        house.town.tell("mail", "retry")
        house.letter(who, 1)
        house.sink.none_more(who, 1)
        soon(lambda: not queue(house), lambda: str(queue(house)))


def refused_bookings(house: House, clerk: Clerk, days: Days, tally) -> None:
    """Clients that show their user nothing, and try again and again."""
    begin = berlin(days.take(), 10)
    with tally.step("a refused booking is mailed once with reason and alternatives, however often the client tries"):
        other = house.user("soziales")
        room = other.calendar(ROOMS[0])
        assert other.write(room, "erste", dav.event("erste", "Kanarientitel", begin)).status == 201
        before = len(house.sink.to(clerk.address))
        mine = clerk.calendar(ROOMS[0])
        for _ in range(5):
            answer = clerk.write(mine, "zweite", dav.event("zweite", "Mein Termin", begin))
            assert answer.status == 403, answer.status
            time.sleep(0.3)
        note = Letter(house.sink.wait(clerk.address, before + 1, 60)[-1])
        assert re.search("nicht gebucht|abgelehnt", note.subject + note.plain, re.I), note.plain
        assert "belegt" in note.plain and len(re.findall(r"Beratungsraum \d", note.plain)) >= 3, note.plain
        for word in ("Kanarientitel", "Sabine", "Soziales", other.address):
            assert word not in note.all_text(), f"it tells {word}"
        house.sink.none_more(clerk.address, before + 1)
    with tally.step("a room that declines an invitation is told by mail, once"):
        before = len(house.sink.to(clerk.address))
        for _ in range(2):
            answer = clerk.invite("eingeladen", begin, room=ROOMS[0])
            assert answer.status in (201, 204), answer.text
        note = Letter(house.sink.wait(clerk.address, before + 1, 60)[-1])
        assert "Beratungsraum 1" in note.plain and "belegt" in note.plain, note.plain
        house.sink.none_more(clerk.address, before + 1)
    with tally.step("a citizen is not invited into a room that has said no"):
        who = citizen("verfrueht")
        answer = clerk.invite("verfrueht", begin, who, room=ROOMS[0])
        assert answer.status == 201, answer.text
        house.sink.none_more(who, 0)
        answer = clerk.invite("verfrueht", begin, who, room=ROOMS[1])
        assert answer.status == 204, answer.text
        letter = house.letter(who, 1)
        assert letter.sequence == 0 and "Beratungsraum 2" in letter.plain, letter.plain


class Hand(threading.Thread):
    """Books one appointment after the other and asks again until each is answered, as clients do."""

    def __init__(self, clerk: Clerk, first):
        super().__init__(daemon=True)
        self.clerk, self.first = clerk, first
        # Looked up before the server dies for the first time.
        assert clerk.own
        self.done = 0
        self.fault = None

    def run(self) -> None:
        """Stops at the first answer that is no success."""
        for number in range(BOOKINGS):
            # Six an hour and room, so that all fit into working hours of a few days.
            hour, room = divmod(number, 3)
            begin = self.first + timedelta(days=hour // 9, hours=hour % 9)
            while not self.book(number, begin, ROOMS[room]) and not self.fault:
                time.sleep(0.05)
            if self.fault:
                return
            self.done += 1

    def book(self, number: int, begin, room: str) -> bool:
        """Whether an answer came."""
        uid = f"sturm-{number}"
        try:
            answer = self.clerk.invite(uid, begin, citizen(uid), room=room, minutes=45)
        except (OSError, AssertionError, ValueError):
            return False
        except Exception:  # noqa: BLE001 - half an answer of a killed server is no answer
            return False
        if answer.status not in (201, 204):
            self.fault = f"{uid}: {answer.status} {answer.text[:300]}"
        return answer.status in (201, 204)


def storm(house: House, tally) -> None:
    """The relay is away, the server dies again and again."""
    with tally.step(f"relay away, {BOOKINGS} bookings, {KILLS} times SIGKILL, relay back: exactly {BOOKINGS} mails"):
        house.sink.stop()
        hand = Hand(house.user("soziales"), dav.day(0, 6))
        hand.start()
        for kill in range(1, KILLS + 1):
            target = kill * BOOKINGS // (KILLS + 1)
            soon(lambda target=target: hand.done >= target or hand.fault, lambda: f"{hand.done} bookings", 60)
            assert not hand.fault, hand.fault
            house.town.kill()
            house.town.start()
        hand.join(120)
        assert hand.done == BOOKINGS, f"{hand.done} bookings, {hand.fault}"
        waiting = queue(house)
        assert len(waiting) == BOOKINGS, f"{len(waiting)} letters wait"
        house.sink.start()
        house.town.tell("mail", "retry")
        soon(lambda: house.sink.count() >= BOOKINGS, lambda: f"{house.sink.count()} mails", 90)
        time.sleep(2)
        assert house.sink.count() == BOOKINGS, f"{house.sink.count()} mails"
        to = [kept.recipients[0] for kept in house.sink.kept]
        assert len(set(to)) == BOOKINGS, "somebody got two mails"
        assert not queue(house), queue(house)
    with tally.step("killed while it sends, it loses none, and what the relay gets twice has one Message-ID"):
        for number in range(60):
            begin = dav.day(14 + number // 20, 6) + timedelta(minutes=30 * (number % 20))
            assert house.user("jugend").invite(f"z-{number}", begin, citizen(f"z-{number}"), minutes=20).status == 201
            if number % 20 == 19:
                house.town.kill()
                house.town.start()
        house.town.tell("mail", "retry")
        expected = BOOKINGS + 60
        wanted = {citizen(f"z-{number}") for number in range(60)}
        soon(
            lambda: wanted <= {kept.recipients[0] for kept in list(house.sink.kept)},
            lambda: f"{house.sink.count()} mails", 60,
        )  # fmt: skip
        time.sleep(1)
        letters = [Letter(kept) for kept in list(house.sink.kept)]
        assert len({letter.message["Message-ID"] for letter in letters}) == expected, len(letters)
        assert len(letters) <= expected + 3, f"{len(letters)} mails"
    with tally.step("no room is booked twice after all that"):
        house.town.tell("check")


def only_with_tls(house: House, tally) -> None:
    """STARTTLS, or nothing is sent."""
    clerk, begin, who = house.user("bauen"), dav.day(0, 9), citizen("sicher")
    with tally.step("a relay without STARTTLS gets nothing: the letter waits, the queue says why, the log warns"):
        assert clerk.invite("sicher", begin, who, room=ROOMS[0]).status == 201
        soon(lambda: queue(house) and queue(house)[0].get("failure"), lambda: str(queue(house)))
        assert house.sink.count() == 0 and not house.sink.attempts, house.sink.attempts
        assert re.search("STARTTLS|TLS", json.dumps(queue(house)), re.I), queue(house)
        log = house.town.log.read_text(errors="replace")
        assert re.search(r"(?i)warn.*(mail|relay|letter)|(mail|relay|letter).*warn", log), log[-1500:]
        assert who not in log, "the log names the citizen"
    with tally.step("a relay with a certificate of somebody else gets nothing either"):
        _, certificate, key = certificates.make(tools.cache() / "certificates" / "other")
        house.sink.stop()
        house.sink.certificate = (certificate, key)
        house.sink.start()
        house.town.tell("mail", "retry")
        time.sleep(3)
        assert house.sink.count() == 0 and len(queue(house)) == 1, queue(house)
    with tally.step("with a certificate that the configuration trusts it comes, encrypted, once"):
        house.sink.stop()
        house.sink.certificate = (house.folder / "server.pem", house.folder / "server.key")
        house.sink.start()
        house.town.tell("mail", "retry")
        house.letter(who, 1)
        assert all(kept.tls for kept in house.sink.kept), "in the clear"
        house.sink.none_more(who, 1)
