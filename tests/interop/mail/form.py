"""What a citizen's mail looks like: structure, identity, times, texts, languages.

The clock stands at 12 October 2026, so that the end of summer time lies ahead.
"""

import re
from datetime import datetime, timedelta, timezone

from . import page
from .house import BERLIN, House, citizen, meeting, read_by_icaljs
from .letters import TREE, Letter, address_of, check_bytes, check_html

NOW = datetime(2026, 10, 12, 6, tzinfo=timezone.utc)
BRING = "Bitte mitbringen: Personalausweis."
INSIDE = "Kanarienfall Schmitz Räumung"
SECRET_NOTE = "Kanariennotiz: ruft ständig an"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}@termine\.rathaus\.example")


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of 2026 on the wall clock of the house."""
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


def run(tally) -> None:
    """All steps; each books hours of its own."""
    with House("form", now=NOW) as house:
        life(house, tally)
        people(house, tally)
        texts(house, tally)
        neutral(house, tally)
        languages(house, tally)
        shared_calendar(house, tally)
        everything(house, tally)


def life(house: House, tally) -> None:
    """One appointment from the invitation to its end."""
    clerk, anna = house.user("bauen"), citizen("anna")
    begin = at(10, 21, 10)
    note = f"{SECRET_NOTE}\n\nFür Bürger:\n{BRING}\n\nIntern: {SECRET_NOTE}"
    letters: list[Letter] = []

    def put(when: datetime, room: str = "beratungsraum-3") -> None:
        answer = clerk.invite("leben", when, anna, room=room, SUMMARY=INSIDE, DESCRIPTION=note)
        assert answer.status in (201, 204), f"{answer.status} {answer.text}"

    with tally.step("an invitation is text, HTML and calendar as alternatives, and the calendar once more as a file"):
        put(begin)
        letters.append(house.letter(anna, 1))
        letter = letters[0]
        assert letter.tree == TREE and letter.method == "REQUEST", (letter.tree, letter.method)
        assert (letter.begin, letter.end) == (begin, begin + timedelta(minutes=45)), letter.begin
        assert letter.event["ATTENDEE"].params["PARTSTAT"] == "NEEDS-ACTION", letter.event["ATTENDEE"].params
        assert letter.event["ATTENDEE"].params["RSVP"] == "TRUE", letter.event["ATTENDEE"].params
    with tally.step("moved twice and called off, it is one entry with numbers 0, 1, 2, 3"):
        for count, when in enumerate((begin + timedelta(hours=1), begin + timedelta(hours=2)), 2):
            put(when)
            letters.append(house.letter(anna, count))
            assert letters[-1].begin == when, letters[-1].begin
        assert clerk.request("DELETE", f"{clerk.own}leben.ics").status == 204
        letters.append(house.letter(anna, 4))
        assert [letter.sequence for letter in letters] == [0, 1, 2, 3], [letter.sequence for letter in letters]
        assert [letter.method for letter in letters] == ["REQUEST"] * 3 + ["CANCEL"], letters
        assert len({letter.uid for letter in letters}) == 1, {letter.uid for letter in letters}
        assert str(letters[3].event["STATUS"]) == "CANCELLED", letters[3].event
    with tally.step("its UID is opaque: a random one of the server, without date, number or name"):
        uid = letters[0].uid
        assert UUID.fullmatch(uid), uid
        assert "leben" not in uid and "20261021" not in uid, uid
    with tally.step("the method beside the calendar is the one within, from invitation to cancellation"):
        assert [letter.method_parameter for letter in letters] == ["REQUEST"] * 3 + ["CANCEL"], letters
    with tally.step(
        "From, ORGANIZER and envelope are one address of this appointment, the same for life, byte by byte"
    ):
        written = {re.search(rb"ORGANIZER[^\r]*(?:\r\n [^\r]*)*", letter.ics).group(0) for letter in letters}
        assert len(written) == 1, written
        who = {(letter.sender, letter.sender_name, letter.kept.sender, letter.organizer) for letter in letters}
        assert len(who) == 1, who
        assert letters[0].sender_name.endswith("Musterstadt"), letters[0].sender_name
        assert not any("rathaus.example" in letter.sender.replace("termine.rathaus.example", "") for letter in letters)
        assert not any(letter.message["Reply-To"] or letter.message["Sender"] for letter in letters)
    with tally.step(
        "the text alone says weekday, date, time, length, room, entrance, number, what to bring, phone and link"
    ):
        text = letters[0].plain
        for word in [
            "Mittwoch", "21. Oktober 2026", "10:00 Uhr", "45 Minuten", "Beratungsraum 3",
            "Haupteingang gegenüber dem Parkplatz Diebesturm", letters[0].number, BRING, "02861 939-0", letters[0].page,
        ]:  # fmt: skip
            assert word in text, f"{word} is not in\n{text}"
            assert word in re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", letters[0].html)).replace("&amp;", "&") or (
                word == letters[0].page and word in letters[0].html
            ), f"{word} is not in the HTML"
        assert "21.10.2026" in letters[0].subject and "10:00" in letters[0].subject, letters[0].subject
    with tally.step("a move says the new time first and the old one after it"):
        text = letters[1].plain
        assert "11:00" in text and "10:00" in text, text
        assert text.index("11:00") < text.index("10:00"), text
    with tally.step("a cancellation's text is enough for whom no calendar opens it"):
        text = letters[3].plain
        for word in ["Mittwoch", "21. Oktober 2026", "12:00", "02861 939-0", letters[0].number]:
            assert word in text, f"{word} is not in\n{text}"
        assert re.search(r"abgesagt|fällt aus|absagen|findet nicht statt", text + letters[3].subject), text
    with tally.step("title and notes stay in the house; what is marked for the citizen goes out"):
        for letter in letters:
            said = letter.all_text()
            for word in ("Kanarien", "Schmitz", "Räumung", "Intern:", "ruft st"):
                assert word not in said, f"{word} is in {letter.subject}"
        assert BRING in letters[0].plain and BRING in str(letters[0].event["DESCRIPTION"]), letters[0].event
    with tally.step("the calendar entry carries place, coordinates of the building, contact and page"):
        event = letters[0].event
        assert letters[0].number in str(event["SUMMARY"]), event["SUMMARY"]
        location = str(event["LOCATION"])
        assert "Beratungsraum 3" in location and "Im Piepershagen 17" in location, location
        latitude, longitude = (float(part) for part in event["GEO"].to_ical().split(";"))
        assert abs(latitude - 51.8437) < 0.009 and abs(longitude - 6.8588) < 0.014, event["GEO"]
        assert "02861 939-0" in str(event["CONTACT"]) and str(event["URL"]) == letters[0].page, event
    with tally.step("nothing else is told when only what stays in the house has changed"):
        answer = clerk.invite("still", begin + timedelta(days=1), citizen("still"), room="beratungsraum-1", SUMMARY="A")
        assert answer.status == 201, answer.text
        house.letter(citizen("still"), 1)
        answer = clerk.invite(
            "still", begin + timedelta(days=1), citizen("still"), room="beratungsraum-1", SUMMARY="B", DESCRIPTION="C"
        )
        assert answer.status == 204, answer.text
        house.sink.none_more(citizen("still"), 1)


def people(house: House, tally) -> None:
    """Who gets a mail, and who stands in it."""
    clerk = house.user("bauen")
    begin = at(10, 22, 14)
    with tally.step(
        "of a meeting with a room, two of the staff and two citizens, each citizen reads only of themselves"
    ):
        both = [citizen("berta"), citizen("carl")]
        staff = ["soziales@rathaus.example", "jugend@rathaus.example"]
        answer = clerk.invite("viele", begin, *both, *staff, room="beratungsraum-2", SUMMARY=INSIDE)
        assert answer.status == 201, answer.text
        letters = [house.letter(one, 1) for one in both]
        hidden = [*both, *staff, clerk.address, "raeume.rathaus.example", "Sabine", "Jannis", "Beate", "Bauen"]
        for letter, own in zip(letters, both, strict=True):
            assert len(letter.attendees) == 1 and address_of(letter.attendees[0]) == own, letter.attendees
            said = letter.all_text()
            for word in hidden:
                assert word == own or word not in said, f"{word} is in the mail to {own}"
        assert letters[0].uid != letters[1].uid and letters[0].sender != letters[1].sender, "they share a name"
    with tally.step("one mail per person: never a second recipient, To is the ATTENDEE as it was typed"):
        typed = "Dora.Mueller@Buerger.Example"
        answer = clerk.invite("getippt", begin + timedelta(hours=2), typed, room="beratungsraum-2")
        assert answer.status == 201, answer.text
        letter = Letter(house.sink.wait(typed, 1)[0])
        assert letter.to == [typed] and address_of(letter.attendees[0]) == typed, (letter.to, letter.attendees)
        assert all(len(kept.recipients) == 1 for kept in house.sink.kept), "a mail with two recipients"
    with tally.step("whom the client itself invites, or nobody should, gets no mail of ours"):
        for agent in ("CLIENT", "NONE"):
            uid, when = f"agent-{agent.lower()}", begin + timedelta(days=1, hours=len(agent))
            parameters = f";SCHEDULE-AGENT={agent}"
            answer = clerk.invite(uid, when, citizen(uid), room="beratungsraum-1", parameters=parameters)
            assert answer.status == 201, answer.text
        for agent in ("client", "none"):
            house.sink.none_more(citizen(f"agent-{agent}"), 0, 1)
    with tally.step("a SENT-BY that the clerk's client wrote is not in the mail"):
        data = meeting(
            "vertreten", begin + timedelta(days=4), 30, clerk.address, "beratungsraum-1", [citizen("emil")]
        ).replace("ORGANIZER:", 'ORGANIZER;CN="Beate Bauen";SENT-BY="mailto:soziales@rathaus.example":')
        answer = clerk.write(clerk.own, "vertreten", data)
        assert answer.status == 201, answer.text
        letter = house.letter(citizen("emil"), 1)
        assert "SENT-BY" not in letter.ics.decode() and "Beate" not in letter.all_text(), letter.ics.decode()


def texts(house: House, tally) -> None:
    """Transport and time."""
    clerk = house.user("bauen")
    with tally.step("long lines and letters of many scripts pass every relay: CRLF, folds, base64"):
        words = "Äpfel, Straße; 東京 🏛️ \\ Zeile " + "ohneLeerzeichen" * 80
        note = f'Für Bürger:\n{words}\nzweite Zeile mit "Anführung"'
        answer = clerk.invite("lang", at(10, 23, 9), citizen("lang"), room="beratungsraum-1", DESCRIPTION=note)
        assert answer.status == 201, answer.text
        letter = house.letter(citizen("lang"), 1)
        assert "東京 🏛️" in letter.plain and "東京 🏛️" in str(letter.event["DESCRIPTION"]), letter.plain
        assert "ohneLeerzeichen" * 80 in re.sub(r"\s", "", letter.plain), "the long word is torn"
    with tally.step("ten o'clock stays ten o'clock on both sides of the end of summer time"):
        for name, begin, utc in (("sommer", at(10, 23, 10), 8), ("winter", at(10, 26, 10), 9)):
            answer = clerk.invite(name, begin, citizen(name), room="beratungsraum-2")
            assert answer.status == 201, answer.text
            letter = house.letter(citizen(name), 1)
            start = letter.event["DTSTART"]
            assert start.params["TZID"] == "Europe/Berlin", start.params
            assert start.to_ical().endswith(b"T100000"), start.to_ical()
            assert letter.begin.hour == utc and "10:00" in letter.plain, letter.begin
            zones = [str(zone["TZID"]) for zone in letter.calendar.walk("VTIMEZONE")]
            assert zones == ["Europe/Berlin"], zones
    with tally.step("a series over the end of summer time keeps its hour, and its text lists the dates"):
        answer = clerk.invite(
            "reihe", at(10, 19, 16), citizen("reihe"), room="beratungsraum-2", lines="RRULE:FREQ=WEEKLY;COUNT=3"
        )
        assert answer.status == 201, answer.text
        letter = house.letter(citizen("reihe"), 1)
        [found] = read_by_icaljs([letter.ics.decode()])
        assert "FREQ=WEEKLY" in found["events"][0]["recurs"], found
        for day in ("19. Oktober", "26. Oktober", "2. November"):
            assert day in letter.plain, f"{day} is not in\n{letter.plain}"


def neutral(house: House, tally) -> None:
    """Departments under the secrecy of social data."""
    forbidden = ["Sozial", "sozial", "Jugend", "jugend", "Sabine", "Jannis", "FB ", "Fachbereich"]
    with tally.step("a sensitive department's mail shows it nowhere: subject, sender, title, place, file name, text"):
        for name, room in (("soziales", "soziales-1"), ("jugend", "jugend-1"), ("soziales", "beratungsraum-1")):
            clerk, who = house.user(name), citizen(f"s-{name}-{room}".replace("soziales", "x").replace("jugend", "y"))
            answer = clerk.invite(f"neutral-{name}-{room}", at(10, 27, 9), who, room=room, SUMMARY=INSIDE)
            assert answer.status == 201, answer.text
            said = house.letter(who, 1).all_text()
            for word in forbidden:
                assert word not in said, f"{word} is in the mail of {name} in {room}"
    with tally.step("the page of such an appointment shows it neither"):
        letter = house.letter(citizen("s-x-x-1"), 1)
        shown = page.get(letter.page)
        assert shown.status == 200, shown.status
        for word in forbidden:
            assert word not in shown.html, f"{word} is on the page"


def languages(house: House, tally) -> None:
    """German, English, Leichte Sprache."""
    clerk = house.user("bauen")
    with tally.step("language per appointment: mail, HTML and calendar all say it"):
        wanted = [
            ("deutsch", "", "", "de", "Ihr Termin", "Uhr"),
            (
                "englisch",
                "Sprache: Englisch\nFür Bürger:\nPlease bring your passport.",
                "",
                "en",
                "appointment",
                "Wednesday",
            ),
            ("english", "", ";LANGUAGE=en", "en", "appointment", "Wednesday"),
            ("leicht", "Sprache: Leichte Sprache", "", "de", "Termin", "Sie haben einen Termin"),
        ]
        for hour, (name, note, parameters, tag, subject, word) in enumerate(wanted, 9):
            more = {"DESCRIPTION": note} if note else {}
            answer = clerk.invite(
                f"sprache-{name}",
                at(10, 28, hour),
                citizen(name),
                room="beratungsraum-1",
                parameters=parameters,
                **more,
            )
            assert answer.status == 201, answer.text
            letter = house.letter(citizen(name), 1)
            said = letter.message["Content-Language"]
            assert said == tag or said.startswith(tag + "-"), f"{name}: {said}"
            assert letter.event["SUMMARY"].params["LANGUAGE"].split("-")[0] == tag, letter.event["SUMMARY"].params
            assert subject in letter.subject, letter.subject
            assert word in letter.plain, letter.plain
            assert "Sprache:" not in letter.plain, letter.plain
            assert "Beratungsraum 1" in letter.plain, "names on doors stay as they are"
            check_html(letter)
    with tally.step("Leichte Sprache has one short sentence a line"):
        text = house.letter(citizen("leicht"), 1).plain
        long = [line for line in text.splitlines() if len(line.split()) > 12 and "http" not in line]
        assert not long, long


def shared_calendar(house: House, tally) -> None:
    """Booked straight into the room's calendar, which is nobody's own."""
    clerk, who = house.user("soziales"), citizen("raumkalender")
    begin = at(10, 29, 9)
    with tally.step(
        "a citizen in a booking of the room's own calendar gets the same mail, from an address of the server"
    ):
        calendar = clerk.calendar("beratungsraum-2")
        data = meeting("direkt", begin, 45, "", "", [who], SUMMARY=INSIDE, DESCRIPTION=f"Für Bürger:\n{BRING}")
        answer = clerk.write(calendar, "direkt", data)
        assert answer.status == 201, answer.text
        letter = house.letter(who, 1)
        assert letter.kept.sender == letter.sender == letter.organizer, (letter.kept.sender, letter.sender)
        assert letter.page.startswith(house.town.url + "/t/"), letter.page
        assert "Beratungsraum 2" in letter.plain and BRING in letter.plain, letter.plain
        for word in ("Kanarien", "Sabine", "soziales", "Soziales"):
            assert word not in letter.all_text(), f"{word} is in the mail"
        shown = page.get(letter.page)
        assert shown.status == 200 and "Beratungsraum 2" in shown.text, shown.status
    with tally.step("deleted there, it is called off"):
        assert clerk.request("DELETE", f"{calendar}direkt.ics").status == 204
        letters = house.letters(who, 2)
        assert letters[1].method == "CANCEL" and letters[1].uid == letters[0].uid, letters[1].method


def everything(house: House, tally) -> None:
    """What holds for every single mail of this story."""
    letters = [Letter(kept) for kept in list(house.sink.kept)]
    invitations = [letter for letter in letters if letter.has_calendar]
    with tally.step("no mail asks not to be answered, and answers have somewhere to go"):
        for letter in letters:
            assert not re.search(r"nicht (auf diese|antworten)|do not reply|no-?reply", letter.all_text(), re.I), (
                letter.plain
            )
    with tally.step("every calendar is base64 within the alternatives, no line is bare or too long"):
        assert len(invitations) > 20, len(invitations)
        for letter in letters:
            check_bytes(letter)
        assert {letter.tree for letter in invitations} == {TREE}, {letter.tree for letter in invitations}
    with tally.step("ical.js and icalendar read the same out of every calendar"):
        for letter, found in zip(
            invitations, read_by_icaljs([letter.ics.decode() for letter in invitations]), strict=True
        ):
            assert found["method"] == letter.method, found
            assert len(found["events"]) == len(letter.events), found
            first = found["events"][0]
            assert first["uid"] == letter.uid and first["sequence"] == letter.sequence, first
            assert first["begin"] == letter.begin.strftime("%Y-%m-%dT%H:%M:%SZ"), (first["begin"], letter.begin)
            assert first["end"] == letter.end.strftime("%Y-%m-%dT%H:%M:%SZ"), (first["end"], letter.end)
            assert [one.lower() for one in first["attendees"]] == [f"mailto:{to}".lower() for to in letter.to], first
            assert first["organizer"] == f"mailto:{letter.sender}", first
            assert first["summary"] == str(letter.events[0]["SUMMARY"]), first
    with tally.step("Message-IDs are all different"):
        ids = [letter.message["Message-ID"] for letter in letters]
        assert len(set(ids)) == len(ids), ids
