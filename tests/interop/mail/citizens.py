"""Citizens answer, through a real Postfix both ways; calendar, page and mails agree after each step."""

import re
from datetime import timedelta

from harness import dav

from . import page
from .house import Clerk, Days, House, answer_of, berlin, citizen, plain_mail, soon
from .letters import Letter

INSIDE = "Kanarienfall Schmitz"
DECLINES = r"absagen"
SHOWS_CANCELLED = r"abgesagt"


def run(tally) -> None:
    """Each story books days of its own."""
    with House("citizens", postfix=True) as house:
        days = Days(dav.day(0, 9))
        for story in (changes, series, accepts, declines, counters, words, bounce, by_page, on_paper):
            story(house, house.user("bauen"), days, tally)
        with tally.step("Postfix has nothing left over, and every mail went through TLS to it"):
            house.postfix.settle()
            lines = house.postfix.lines()
            assert "starttls=1" in lines, lines[-1500:]


def invited(house: House, clerk: Clerk, uid: str, begin, who: str, room: str, **more) -> Letter:
    """A meeting, and the letter about it."""
    answer = clerk.invite(uid, begin, who, room=room, SUMMARY=INSIDE, **more)
    assert answer.status == 201, f"{answer.status} {answer.text}"
    return house.letter(who, 1)


def partstat(clerk: Clerk, uid: str, who: str) -> str:
    """The citizen's answer in the clerk's calendar."""
    for line in clerk.stored(uid).splitlines():
        if line.startswith("ATTENDEE") and line.lower().endswith(f"mailto:{who}"):
            found = re.search(r"PARTSTAT=([A-Z-]+)", line)
            return found.group(1) if found else ""
    return ""


def notes(house: House, clerk: Clerk) -> list[Letter]:
    """What the clerk was told by mail so far."""
    return [Letter(kept) for kept in house.sink.to(clerk.address)]


def told(house: House, clerk: Clerk, before: int, *words: str) -> Letter:
    """The one new mail to the clerk, which holds these words."""
    letter = Letter(house.sink.wait(clerk.address, before + 1)[-1])
    said = letter.subject + "\n" + letter.plain
    for word in words:
        assert re.search(word, said, re.I), f"{word} is not in\n{said}"
    return letter


def shown(letter: Letter, *words: str, status: int = 200) -> page.Page:
    """The citizen's page, which holds these words."""
    answer = page.get(letter.page)
    assert answer.status == status, answer.status
    for word in words:
        assert re.search(word, answer.text, re.I), f"{word} is not on the page:\n{answer.text}"
    return answer


def clock(when) -> str:
    """`10:00`"""
    return when.strftime("%H:%M")


def changes(house: House, clerk: Clerk, days: Days, tally) -> None:
    """Invite, move, change the room, call off."""
    who, begin = citizen("frieda"), berlin(days.take(), 10)
    later = begin + timedelta(hours=2)
    with tally.step("invited through Postfix: calendar, page and mail say the same"):
        letter = invited(house, clerk, "frieda", begin, who, "beratungsraum-1")
        assert "Beratungsraum 1" in letter.plain and letter.begin == begin, letter.plain
        shown(letter, clock(begin), "Beratungsraum 1", letter.number)
        assert clerk.busy("beratungsraum-1", begin)
        assert re.search(r"SCHEDULE-STATUS=\"?1\.", clerk.stored("frieda")), clerk.stored("frieda")
    with tally.step("moved: one mail with the new time, the page shows it, the old time is free"):
        answer = clerk.invite("frieda", later, who, room="beratungsraum-1", SUMMARY=INSIDE)
        assert answer.status == 204, answer.text
        moved = house.letter(who, 2)
        assert (moved.uid, moved.sequence, moved.begin) == (letter.uid, 1, later), (moved.sequence, moved.begin)
        assert moved.page == letter.page and moved.number == letter.number, moved.plain
        shown(letter, clock(later))
        assert clerk.busy("beratungsraum-1", later) and not clerk.busy("beratungsraum-1", begin)
    with tally.step("another room: only the room is new, and the mail says so"):
        answer = clerk.invite("frieda", later, who, room="beratungsraum-2", SUMMARY=INSIDE)
        assert answer.status == 204, answer.text
        room = house.letter(who, 3)
        assert (room.method, room.sequence, room.begin) == ("REQUEST", 2, later), room.sequence
        assert "Beratungsraum 2" in room.plain and "Raum" in room.subject + room.plain.split("Wann")[0], room.plain
        assert "Beratungsraum 2" in str(room.event["LOCATION"]), room.event["LOCATION"]
        shown(letter, "Beratungsraum 2", clock(later))
        assert clerk.busy("beratungsraum-2", later) and not clerk.busy("beratungsraum-1", later)
    with tally.step("called off by the town: a mail, the page says so, the room is free"):
        assert clerk.request("DELETE", f"{clerk.own}frieda.ics").status == 204
        cancelled = house.letter(who, 4)
        assert (cancelled.method, cancelled.uid, cancelled.sequence) == ("CANCEL", letter.uid, 3), cancelled.sequence
        shown(letter, SHOWS_CANCELLED)
        assert not clerk.busy("beratungsraum-2", later)
        house.sink.none_more(who, 4, 1)


def series(house: House, clerk: Clerk, days: Days, tally) -> None:
    """One date of a series is called off, then all."""
    who, begin = citizen("gustav"), berlin(days.take(), 8)
    third = begin + timedelta(days=2)
    with tally.step("a series of four: one mail, the page lists the dates"):
        letter = invited(house, clerk, "gustav", begin, who, "beratungsraum-3", lines="RRULE:FREQ=DAILY;COUNT=4")
        assert str(letter.event["RRULE"].to_ical(), "ascii") == "FREQ=DAILY;COUNT=4", letter.event["RRULE"]
        shown(letter, *[f"{(begin + timedelta(days=day)).day}\\. " for day in range(4)])
    with tally.step("one date called off: the mail names it, that hour is free, the others stay"):
        lines = f"RRULE:FREQ=DAILY;COUNT=4\nEXDATE:{dav.stamp(third)}"
        answer = clerk.invite("gustav", begin, who, room="beratungsraum-3", SUMMARY=INSIDE, lines=lines)
        assert answer.status == 204, answer.text
        soon(lambda: len(house.sink.to(who)) >= 2, "no mail")
        news = [Letter(kept) for kept in house.sink.to(who)][1:]
        assert all(one.uid == letter.uid for one in news), news
        told_off = [one for one in news if one.method == "CANCEL" and "RECURRENCE-ID" in one.events[0]]
        excluded = [one for one in news if one.method == "REQUEST" and b"EXDATE" in one.ics]
        assert told_off or excluded, [one.ics.decode() for one in news]
        for one in told_off:
            assert one.events[0]["RECURRENCE-ID"].dt == third, one.ics.decode()
        assert any(f"{third.day}. " in one.plain for one in news), news[0].plain
        other = house.user("jugend")
        answer = other.write(other.calendar("beratungsraum-3"), "luecke", dav.event("luecke", "x", third, 30))
        assert answer.status == 201, answer.text
        assert f"{(begin + timedelta(days=1)).day}. " in shown(letter).text
    with tally.step("all called off: a mail, the page says so"):
        before = len(house.sink.to(who))
        assert clerk.request("DELETE", f"{clerk.own}gustav.ics").status == 204
        cancelled = Letter(house.sink.wait(who, before + 1)[-1])
        assert cancelled.method == "CANCEL" and "RECURRENCE-ID" not in cancelled.events[0], cancelled.ics.decode()
        shown(letter, SHOWS_CANCELLED)


def accepts(house: House, clerk: Clerk, days: Days, tally) -> None:
    """REPLY: ACCEPTED, TENTATIVE."""
    who, begin = citizen("hanna"), berlin(days.take(), 10)
    with tally.step("the citizen's calendar accepts: the clerk's calendar shows it, and no mail answers"):
        letter = invited(house, clerk, "hanna", begin, who, "beratungsraum-1")
        house.deliver(answer_of(letter, who, "ACCEPTED"), who, letter.sender)
        soon(lambda: partstat(clerk, "hanna", who) == "ACCEPTED", lambda: clerk.stored("hanna"))
        house.sink.none_more(who, 1, 1)
        assert clerk.busy("beratungsraum-1", begin)
    with tally.step("perhaps: noted as TENTATIVE, the room stays"):
        house.deliver(answer_of(letter, who, "TENTATIVE"), who, letter.sender)
        soon(lambda: partstat(clerk, "hanna", who) == "TENTATIVE", lambda: clerk.stored("hanna"))
        assert clerk.busy("beratungsraum-1", begin)


def declines(house: House, clerk: Clerk, days: Days, tally) -> None:
    """REPLY: DECLINED frees the room."""
    who, begin = citizen("ida"), berlin(days.take(), 10)
    with tally.step("the citizen's calendar declines: the room is free, the clerk is told, the page says so"):
        letter = invited(house, clerk, "ida", begin, who, "beratungsraum-1")
        before = len(notes(house, clerk))
        house.deliver(answer_of(letter, who, "DECLINED"), who, letter.sender)
        soon(lambda: not clerk.busy("beratungsraum-1", begin), "the room is still taken")
        told(house, clerk, before, "abgesagt|absage", clock(begin))
        shown(letter, SHOWS_CANCELLED)
        assert partstat(clerk, "ida", who) == "DECLINED" or "STATUS:CANCELLED" in clerk.stored("ida"), clerk.stored(
            "ida"
        )
    with tally.step("the confirmation is one CANCEL that takes the entry out of the citizen's calendar"):
        confirmed = house.letter(who, 2)
        assert (confirmed.method, confirmed.uid) == ("CANCEL", letter.uid), confirmed.method
        house.sink.none_more(who, 2, 1)


def counters(house: House, clerk: Clerk, days: Days, tally) -> None:
    """COUNTER: a wish, nothing moves."""
    who, begin = citizen("jan"), berlin(days.take(), 10)
    wish = begin + timedelta(hours=3)
    with tally.step("a proposal of another time reaches the clerk as a wish; room and calendar stay"):
        letter = invited(house, clerk, "jan", begin, who, "beratungsraum-1")
        before = len(notes(house, clerk))
        stored = re.sub(r"PARTSTAT=[A-Z-]+", "", clerk.stored("jan"))
        house.deliver(answer_of(letter, who, "TENTATIVE", method="COUNTER", begin=wish), who, letter.sender)
        told(house, clerk, before, "anderen Termin|Verschieb|andere Zeit|wünscht", clock(wish))
        assert clerk.busy("beratungsraum-1", begin) and not clerk.busy("beratungsraum-1", wish)
        assert f"DTSTART:{dav.stamp(begin)}" in clerk.stored("jan"), clerk.stored("jan")
        assert re.sub(r"PARTSTAT=[A-Z-]+", "", clerk.stored("jan")).count("ATTENDEE") == stored.count("ATTENDEE")
        shown(letter, clock(begin))
        house.sink.none_more(who, 1, 1)


def words(house: House, clerk: Clerk, days: Days, tally) -> None:
    """An answer in plain words."""
    who, begin = citizen("karla"), berlin(days.take(), 10)
    with tally.step("an answer in words is forwarded to the clerk with the number, and changes nothing"):
        letter = invited(house, clerk, "karla", begin, who, "beratungsraum-1")
        before = len(notes(house, clerk))
        said = "Guten Tag, darf ich meinen Hund mitbringen? Viele Grüße"
        house.deliver(plain_mail(who, letter.sender, f"Re: {letter.subject}", said), who, letter.sender)
        forwarded = told(house, clerk, before, re.escape("darf ich meinen Hund mitbringen?"))
        assert letter.number in forwarded.subject, forwarded.subject
        assert clerk.busy("beratungsraum-1", begin)
        house.sink.none_more(who, 1, 1)


def bounce(house: House, clerk: Clerk, days: Days, tally) -> None:
    """Addresses that do not exist, found out by the relay's server later."""
    who, begin = citizen("nobody"), berlin(days.take(), 10)
    with tally.step("a later delivery report (DSN) flags the booking and tells the clerk to phone"):
        house.sink.refused[who] = "550 5.1.1 no such user"
        before = len(notes(house, clerk))
        answer = clerk.invite("nobody", begin, who, room="beratungsraum-1", SUMMARY=INSIDE)
        assert answer.status == 201, answer.text
        told(house, clerk, before, "nicht zugestellt|unzustellbar", "rufen Sie an|anrufen", clock(begin))
        soon(lambda: re.search(r'SCHEDULE-STATUS="?5\.1', clerk.stored("nobody")), lambda: clerk.stored("nobody"))
        assert clerk.busy("beratungsraum-1", begin), "the room must stay"


def by_page(house: House, clerk: Clerk, days: Days, tally) -> None:
    """The same by the page: accept, move, call off."""
    who, begin = citizen("lena"), berlin(days.take(), 9)
    with tally.step("scanners that open every link twenty times change nothing"):
        letter = invited(house, clerk, "lena", begin, who, "beratungsraum-1")
        stored = clerk.stored("lena")
        links = [href for href, _ in page.get(letter.page).links if href.startswith("/t/")]
        for url in [letter.page, *(house.town.url + href for href in links)] * (20 // (len(links) + 1) + 1):
            page.get(url)
            page.get(url, method="HEAD")
        assert clerk.stored("lena") == stored, clerk.stored("lena")
        house.sink.none_more(who, 1, 1)
    with tally.step("accepted by a button: the clerk's calendar shows it"):
        shown(letter).press("komme|zusagen|bestätigen")
        soon(lambda: partstat(clerk, "lena", who) == "ACCEPTED", lambda: clerk.stored("lena"))
    with tally.step("moved to a free time by the page: one mail, the same entry, the old time is free"):
        before = len(notes(house, clerk))
        choices = shown(letter).follow("verschieben|andere zeit|anderer termin")
        assert choices.status == 200, choices.status
        answer = choices.press("verschieben|nehmen|bestätigen|wählen|weiter", choose=-1)
        assert answer.status == 200, (answer.status, answer.text)
        moved = house.letter(who, 2)
        assert (moved.uid, moved.sequence) == (letter.uid, 1) and moved.begin != begin, (moved.sequence, moved.begin)
        assert not clerk.busy("beratungsraum-1", begin), "the old time is still taken"
        assert f"{moved.begin:%H%M%S}Z" in clerk.stored("lena") or "TZID" in clerk.stored("lena"), clerk.stored("lena")
        shown(letter, clock(moved.begin.astimezone(begin.tzinfo)))
        told(house, clerk, before, "verschoben|neue Zeit|verlegt")
    with tally.step("called off by the page: the room is free, a CANCEL confirms it, the clerk is told"):
        before = len(notes(house, clerk))
        shown(letter).follow(DECLINES).press("absagen")
        cancelled = house.letter(who, 3)
        assert (cancelled.method, cancelled.uid) == ("CANCEL", letter.uid), cancelled.method
        told(house, clerk, before, "abgesagt|absage")
        shown(letter, SHOWS_CANCELLED)
    with tally.step("a form without its token changes nothing and gets 403"):
        other = invited(house, clerk, "lena2", begin, citizen("lena2"), "beratungsraum-1")
        sheet = shown(other).follow(DECLINES)
        action = sheet.form("absagen")[0]["action"]
        answer = page.post(house.town.url + action if action.startswith("/") else sheet.url, {})
        assert answer.status == 403, answer.status
        assert clerk.busy("beratungsraum-1", begin)


def on_paper(house: House, clerk: Clerk, days: Days, tally) -> None:
    """The sheet to print, and the file for a calendar."""
    who, begin = citizen("maria"), berlin(days.take(), 9)
    with tally.step("the sheet to print holds all that the mail says, and codes to scan"):
        letter = invited(
            house, clerk, "maria", begin, who, "beratungsraum-3", DESCRIPTION="Für Bürger:\nBitte mitbringen: Ausweis."
        )
        sheet = shown(letter).follow("drucken")
        for word in [
            "Beratungsraum 3", clock(begin), "45 Minuten", "Haupteingang", letter.number, "Ausweis", "02861 939-0",
            str(begin.year), f"{begin.day}. ",
        ]:  # fmt: skip
            assert word in sheet.text, f"{word} is not on the sheet:\n{sheet.text}"
        assert "<svg" in sheet.html, "no code to scan"
    with tally.step("the file for a calendar is the same entry, without METHOD, ORGANIZER and ATTENDEE"):
        files = [
            href for href, _ in shown(letter).links if href.endswith(".ics") or "kalender" in href or "ics" in href
        ]
        assert files, shown(letter).links
        answer = page.get(house.town.url + files[0])
        assert answer.headers["Content-Type"].startswith("text/calendar"), answer.headers["Content-Type"]
        text = dav.unfold(answer.html)
        assert f"UID:{letter.uid}" in text, text
        for word in ("METHOD:REQUEST", "ORGANIZER", "ATTENDEE", who):
            assert word not in text, f"{word} is in\n{text}"
    with tally.step("the page holds no name, no address and no title, and nothing is kept or loaded"):
        answer = shown(letter)
        for word in (who, "maria", "Kanarien", "Beate", clerk.address):
            assert word not in answer.html, f"{word} is on the page"
        assert answer.headers["Cache-Control"] == "no-store", answer.headers
        assert answer.headers["Referrer-Policy"] == "no-referrer", answer.headers
        assert "noindex" in answer.headers["X-Robots-Tag"], answer.headers
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"], answer.headers
        assert not answer.headers["Set-Cookie"], answer.headers["Set-Cookie"]
