"""An SMTP server that keeps every message as it came: envelope and raw bytes.

It can be stopped and started again on its port, refuse addresses, and offer STARTTLS.
"""

import asyncio
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller

WAIT_SECONDS_MAX = 20
# A message counts as the last one when none came for so long.
QUIET_SECONDS = 1.5


@dataclass
class Kept:
    """One message that was taken over."""

    sender: str
    recipients: list[str]
    raw: bytes
    tls: bool
    at: float = field(default_factory=time.monotonic)

    @property
    def message(self) -> EmailMessage:
        """Parsed by Python's own parser."""
        return message_from_bytes(self.raw, policy=policy.default)


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Sink:
    """Use it as a context manager, or by `start` and `stop`."""

    def __init__(self, certificate=None, port: int | None = None):
        """`certificate`: files (certificate, key); with them STARTTLS is offered."""
        self.port = port or free_port()
        self.certificate = certificate
        self.kept: list[Kept] = []
        self.refused: dict[str, str] = {}
        self.attempts: list[str] = []
        self.controller = None
        self.lock = threading.Lock()

    # What aiosmtpd calls.
    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        """Refuses the addresses in `refused`, by their answers."""
        with self.lock:
            self.attempts.append(address)
            answer = self.refused.get(address)
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server, session, envelope):  # noqa: N802
        """Keeps the message."""
        kept = Kept(envelope.mail_from, list(envelope.rcpt_tos), envelope.original_content, session.ssl is not None)
        with self.lock:
            self.kept.append(kept)
        return "250 2.0.0 kept"

    def start(self) -> None:
        """Listens, on the same port each time."""
        tls = None
        if self.certificate:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(*self.certificate)
        self.controller = Controller(
            self, hostname="127.0.0.1", port=self.port, tls_context=tls, require_starttls=bool(tls),
            loop=asyncio.new_event_loop(), ident="sink",
        )  # fmt: skip
        until = time.monotonic() + WAIT_SECONDS_MAX
        while True:
            try:
                return self.controller.start()
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def stop(self) -> None:
        """Listens no longer: whoever comes is turned away by the system."""
        if self.controller:
            self.controller.stop()
            self.controller = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    # What the stories ask.
    def to(self, address: str, since: int = 0) -> list[Kept]:
        """The messages to an address in the order in which they came, from number `since` on."""
        with self.lock:
            kept = list(self.kept)
        return [one for one in kept if address.lower() in [to.lower() for to in one.recipients]][since:]

    def count(self) -> int:
        """How many messages came."""
        with self.lock:
            return len(self.kept)

    def wait(self, address: str, count: int, seconds: float = WAIT_SECONDS_MAX) -> list[Kept]:
        """All messages to the address, once there are `count`; more are an error."""
        found = eventually(lambda: len(self.to(address)) >= count and self.to(address), seconds)
        found = found or self.to(address)
        subjects = [one.message["Subject"] for one in found]
        assert len(found) == count, f"{len(found)} mails to {address} in place of {count}: {subjects}"
        return found

    def none_more(self, address: str, count: int, seconds: float = QUIET_SECONDS) -> None:
        """Nothing more than `count` messages comes to the address for a while."""
        time.sleep(seconds)
        found = self.to(address)
        subjects = [one.message["Subject"] for one in found]
        assert len(found) == count, f"{len(found)} mails to {address} in place of {count}: {subjects}"


def eventually(holds, seconds: float = WAIT_SECONDS_MAX, step: float = 0.05):
    """The first true value of `holds()`; its last value when the time is over."""
    until = time.monotonic() + seconds
    while True:
        value = holds()
        if value or time.monotonic() > until:
            return value
        time.sleep(step)
