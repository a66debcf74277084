"""A few DAV requests of our own, to look at the server without the client under test."""

import base64
import re
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

SPACES = {"D": "DAV:", "C": "urn:ietf:params:xml:ns:caldav"}
TIMEOUT_SECONDS = 30


@dataclass
class Answer:
    """Status, headers and body of an answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    def xml(self) -> ElementTree.Element:
        """The body as XML."""
        return ElementTree.fromstring(self.body)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class User:
    """One signed-in user of a town."""

    def __init__(self, town, name: str):
        self.town = town
        self.name = name
        token = f"{town.login(name)}:{town.password}".encode()
        self.authorization = "Basic " + base64.b64encode(token).decode()
        self.opener = urllib.request.build_opener(_NoRedirect)

    def request(self, method: str, href: str, body: str | bytes = b"", **headers: str) -> Answer:
        """Sends one request; header names are written with `_` for `-`."""
        url = urllib.parse.urljoin(self.town.url + "/", href)
        data = body.encode() if isinstance(body, str) else body
        request = urllib.request.Request(url, data=data or None, method=method)
        request.add_header("Authorization", self.authorization)
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with self.opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read())

    def propfind(self, href: str, properties: str, depth: str = "0") -> ElementTree.Element:
        """PROPFIND of the given property elements (prefixes D and C)."""
        body = (
            '<?xml version="1.0"?><D:propfind xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
            f"<D:prop>{properties}</D:prop></D:propfind>"
        )
        answer = self.request("PROPFIND", href, body, Depth=depth, Content_Type="application/xml")
        assert answer.status == 207, f"PROPFIND {href}: {answer.status} {answer.text[:300]}"
        return answer.xml()

    def home(self) -> str:
        """The calendar home, found as a client finds it."""
        root = urllib.parse.urlsplit(self.town.dav).path
        found = self.propfind(root, "<D:current-user-principal/>").find(".//D:current-user-principal/D:href", SPACES)
        found = self.propfind(found.text, "<C:calendar-home-set/>").find(".//C:calendar-home-set/D:href", SPACES)
        return found.text

    def calendars(self) -> dict[str, str]:
        """Display name → href of every calendar in the home."""
        listing = self.propfind(self.home(), "<D:resourcetype/><D:displayname/>", "1")
        calendars = {}
        for response in listing.findall("D:response", SPACES):
            if response.find(".//D:resourcetype/C:calendar", SPACES) is not None:
                name = response.find(".//D:displayname", SPACES)
                href = response.find("D:href", SPACES).text
                calendars[name.text if name is not None and name.text else href] = href
        return calendars

    def calendar(self, slug: str) -> str:
        """The href of the calendar whose last path segment is `slug`."""
        for href in self.calendars().values():
            if href.rstrip("/").rsplit("/", 1)[-1] == slug:
                return href
        raise AssertionError(f"{self.name} has no calendar {slug}")

    def objects(self, calendar: str) -> dict[str, str]:
        """href → iCalendar text of every object in the calendar."""
        body = (
            '<?xml version="1.0"?><C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
            "<D:prop><D:getetag/><C:calendar-data/></D:prop>"
            '<C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>'
        )
        answer = self.request("REPORT", calendar, body, Depth="1", Content_Type="application/xml")
        assert answer.status == 207, f"calendar-query {calendar}: {answer.status} {answer.text[:300]}"
        return {
            response.find("D:href", SPACES).text: unfold(response.find(".//C:calendar-data", SPACES).text or "")
            for response in answer.xml().findall("D:response", SPACES)
            if response.find(".//C:calendar-data", SPACES) is not None
        }

    def holding(self, calendar: str, text: str) -> list[str]:
        """The iCalendar texts of the calendar's objects in which `text` occurs."""
        return [data for data in self.objects(calendar).values() if text in data]

    def put(self, href: str, data: str, **headers: str) -> Answer:
        """PUT of an iCalendar text."""
        return self.request("PUT", href, data, Content_Type="text/calendar; charset=utf-8", **headers)


def unfold(data: str) -> str:
    """Joins folded content lines (RFC 5545 section 3.1)."""
    return re.sub(r"\r?\n[ \t]", "", data)


def stamp(moment: datetime) -> str:
    """A UTC DATE-TIME value."""
    return moment.astimezone(timezone.utc).strftime("%Y%m%dT%H%M%SZ")


def day(ahead: int, hour: int, minute: int = 0) -> datetime:
    """A moment on the first Monday at least two weeks away plus `ahead` days, in UTC."""
    monday = datetime.now(timezone.utc).replace(hour=hour, minute=minute, second=0, microsecond=0)
    monday += timedelta(days=14 + (-monday.weekday()) % 7)
    return monday + timedelta(days=ahead)


def event(uid: str, summary: str, begin: datetime, minutes: int = 60, more: str = "") -> str:
    """A minimal VEVENT in a VCALENDAR."""
    end = begin + timedelta(minutes=minutes)
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Terminraum//interop//DE", "BEGIN:VEVENT",
        f"UID:{uid}", f"DTSTAMP:{stamp(datetime.now(timezone.utc))}",
        f"DTSTART:{stamp(begin)}", f"DTEND:{stamp(end)}", f"SUMMARY:{summary}",
        *more.split("\n"), "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    return "\r\n".join(line for line in lines if line or line == lines[-1])
