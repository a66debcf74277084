"""An HTTP proxy that lets a file-space client (litmus) talk to a calendar.

It changes three things and nothing else:

* `MKCOL …/litmus/` becomes `MKCALENDAR …/litmus/`: below a calendar home there
  are calendars, no plain folders. Any other MKCOL passes as it is.
* The body of a PUT travels inside a VEVENT, base64 in `X-LITMUS-BODY`, with a
  UID of the resource's own, which goes along when the resource is moved; the
  media type becomes text/calendar.
* The answer to a GET of such an event is unwrapped again.

Status lines, headers, `Expect: 100-continue`, PROPFIND, PROPPATCH, DELETE,
OPTIONS and malformed bodies pass through byte for byte: the client's verdict
on them is about the server.
"""

import base64
import socket
import socketserver
import threading
import urllib.parse
import uuid

LINE_BYTES_MAX = 65536
FOLD = 60
TIMEOUT_SECONDS = 60


def wrap(uid: str, body: bytes) -> bytes:
    """`body` inside a VEVENT; the length depends only on the lengths of the arguments."""
    coded = base64.b64encode(body).decode()
    folded = "\r\n ".join(coded[at : at + FOLD] for at in range(0, len(coded), FOLD))
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Terminraum//litmus//EN\r\nBEGIN:VEVENT\r\n"
        f"UID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260101T080000Z\r\nDTEND:20260101T090000Z\r\n"
        f"X-LITMUS-BODY:{folded}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()


def unwrap(body: bytes) -> bytes:
    """What `wrap` was given; any other body as it is."""
    mark = b"X-LITMUS-BODY:"
    if mark not in body:
        return body
    coded = body.split(mark, 1)[1].split(b"\r\nEND:VEVENT", 1)[0]
    return base64.b64decode(coded.replace(b"\r\n ", b""))


def head(stream) -> tuple[str, list[tuple[str, str]]]:
    """The first line and the header fields of a message; an empty line when the stream is at its end."""
    first = stream.readline(LINE_BYTES_MAX).decode("latin-1").rstrip("\r\n")
    fields = []
    while first:
        line = stream.readline(LINE_BYTES_MAX).decode("latin-1").rstrip("\r\n")
        if not line:
            break
        name, _, value = line.partition(":")
        fields.append((name, value.strip()))
    return first, fields


def value(fields, name: str) -> str:
    """The first value of a header field, or nothing."""
    return next((v for n, v in fields if n.lower() == name), "")


def body_of(stream, fields) -> bytes:
    """A message body with its framing taken off."""
    if value(fields, "transfer-encoding").lower() == "chunked":
        parts = []
        while size := int(stream.readline(LINE_BYTES_MAX).split(b";")[0], 16):
            parts.append(stream.read(size))
            stream.readline(LINE_BYTES_MAX)
        while stream.readline(LINE_BYTES_MAX).strip():
            pass
        return b"".join(parts)
    return stream.read(int(value(fields, "content-length") or 0))


def message(first: str, fields, body: bytes) -> bytes:
    """A message with a Content-Length in place of whatever framing it had."""
    kept = [(n, v) for n, v in fields if n.lower() not in ("content-length", "transfer-encoding")]
    kept.append(("Content-Length", str(len(body))))
    return head_bytes(first, kept) + body


def head_bytes(first: str, fields) -> bytes:
    """First line and fields on the wire."""
    return "".join([first, "\r\n", *(f"{n}: {v}\r\n" for n, v in fields), "\r\n"]).encode("latin-1")


class Handler(socketserver.StreamRequestHandler):
    """One client connection, with one upstream connection beside it."""

    def handle(self):
        upstream = None
        try:
            while True:
                first, fields = head(self.rfile)
                if not first:
                    return
                method, target, version = first.split(" ", 2)
                parts = urllib.parse.urlsplit(target)
                path = urllib.parse.urlunsplit(("", "", parts.path, parts.query, parts.fragment))
                if upstream is None:
                    upstream = socket.create_connection((parts.hostname, parts.port), TIMEOUT_SECONDS)
                    replies = upstream.makefile("rb")
                if method == "MKCOL" and parts.path.endswith("/litmus/"):
                    method = "MKCALENDAR"
                if not self.relay(upstream, replies, f"{method} {path} {version}", method, parts.path, fields):
                    upstream.close()
                    upstream = None
        finally:
            if upstream:
                upstream.close()

    def relay(self, upstream, replies, first, method, path, fields) -> bool:
        """Passes one request and its answer; False when the server closes the connection."""
        length = int(value(fields, "content-length") or 0)
        uid = self.server.uid(path)
        if method == "PUT":
            fields = [(n, v) for n, v in fields if n.lower() not in ("content-type", "content-length")]
            fields.append(("Content-Type", "text/calendar; charset=utf-8"))
            fields.append(("Content-Length", str(len(wrap(uid, bytes(length))))))
        upstream.sendall(head_bytes(first, fields))
        if value(fields, "expect"):
            status, answered = head(replies)
            if " 100" in status:
                self.wfile.write(head_bytes(status, answered))
            else:
                return self.answer(status, answered, replies, method)
        body = self.rfile.read(length)
        upstream.sendall(wrap(uid, body) if method == "PUT" else body)
        status, answered = head(replies)
        while " 100" in status[:13]:
            status, answered = head(replies)
        if method == "MOVE" and status[9:10] == "2":
            self.server.moved(path, urllib.parse.urlsplit(value(fields, "destination")).path)
        return self.answer(status, answered, replies, method)

    def answer(self, status, fields, replies, method) -> bool:
        """Passes the answer on."""
        if not status:
            raise ConnectionError("the server closed the connection without an answer")
        code = int(status.split(" ")[1])
        if method == "HEAD" or code in (204, 304):
            self.wfile.write(head_bytes(status, fields))
        else:
            body = body_of(replies, fields)
            self.wfile.write(message(status, fields, unwrap(body) if method == "GET" else body))
        return value(fields, "connection").lower() != "close" and not status.startswith("HTTP/1.0")


class CalendarProxy(socketserver.ThreadingTCPServer):
    """The proxy on a free port; use it as a context manager."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.uids: dict[str, str] = {}

    def uid(self, path: str) -> str:
        """The UID of the event that stands for the resource at this path."""
        return self.uids.setdefault(path, uuid.uuid4().hex)

    def moved(self, source: str, destination: str) -> None:
        """Takes the UID along; the next resource at the old path is another one."""
        self.uids[destination] = self.uids.pop(source)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

