"""The meeting requests of fixtures/mail/requests, filled in."""

import base64
import quopri
import re
import uuid
from datetime import datetime, timedelta, timezone

from harness import dav, tools

from .house import BERLIN, room_address

FOLDER = tools.REPOSITORY / "fixtures" / "mail" / "requests"
CLIENTS = ["outlook", "owa", "gmail", "apple", "thunderbird"]


def uid_of(client: str) -> str:
    """A new UID as this client makes them; as it stands in the template's place."""
    if client in ("outlook", "owa"):
        return "040000008200E00074C5B7101A82E008" + uuid.uuid4().hex.upper() * 2
    return uuid.uuid4().hex[:26] if client == "gmail" else str(uuid.uuid4()).upper()


def request(name: str, uid: str, room: str, organizer: str, begin: datetime, **more) -> bytes:
    """The mail. `name`: the file without its ending; `more`: sequence, minutes, canary, other, stamp."""
    end = begin + timedelta(minutes=more.get("minutes", 45))
    stamp = more.get("stamp", datetime.now(timezone.utc))
    values = {
        "organizer": organizer,
        "organizer_name": organizer.split("@")[0].title(),
        "room": more.get("address") or room_address(room),
        "room_name": room.replace("-", " ").title(),
        "other": more.get("other", "mitgast@buerger.example"),
        "uid": uid,
        "sequence": str(more.get("sequence", 0)),
        "dtstamp": dav.stamp(stamp),
        "date": stamp.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        "message_id": more.get("message_id") or f"{uuid.uuid4()}@rathaus.example",
        "start": begin.astimezone(BERLIN).strftime("%Y%m%dT%H%M%S"),
        "end": end.astimezone(BERLIN).strftime("%Y%m%dT%H%M%S"),
        "start_utc": dav.stamp(begin),
        "end_utc": dav.stamp(end),
        "weekday": "MO TU WE TH FR SA SU".split()[begin.astimezone(BERLIN).weekday()],
        "canary": more.get("canary", "Besprechung"),
    }
    text = (FOLDER / f"{name}.eml").read_text()
    filled = re.sub(r"\{([a-z_]+)\}", lambda found: values[found.group(1)], text)
    return encoded(filled).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def encoded(text: str) -> bytes:
    """Encodes the parts that say so."""
    done, body, how, within_head = [], [], "", True
    for line in [*text.encode().split(b"\n"), b"--"]:
        if line.startswith(b"--"):
            done += encode(body, how)
            body, how, within_head = [], "", True
        if not within_head and not line.startswith(b"--"):
            body.append(line)
            continue
        done.append(line)
        found = re.match(rb"(?i)content-transfer-encoding:\s*(\S+)", line)
        how = found.group(1).decode().lower() if found else how
        within_head = line != b"" or line.startswith(b"--")
    return b"\n".join(done[:-1])


def encode(body: list[bytes], how: str) -> list[bytes]:
    """The lines of one part in the encoding it names."""
    if how == "base64":
        # The lines of the calendar end with CRLF within.
        return [*base64.encodebytes(b"\r\n".join(body)).rstrip().split(b"\n"), b""]
    if how == "quoted-printable":
        return quopri.encodestring(b"\n".join(body)).split(b"\n")
    return body
