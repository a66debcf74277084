"""A demo town in a process of its own, a plain HTTP client, and numbers about both."""

import base64
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

PASSWORD = "Rathaus-1906"
USERS = ["soziales", "jugend", "bauen", "anmeldung", "admin", "datenschutz"]
ROOT = pathlib.Path(__file__).resolve().parents[2]


class Town:
    """`terminraum demo`, release build."""

    def __init__(self, data, now):
        self.data, self.now = data, now
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = None

    def start(self):
        """Starts it; the answer is the time until /ready said 200, in seconds."""
        begun = time.monotonic()
        self.process = subprocess.Popen(
            [binary(), "demo", "--listen", f"127.0.0.1:{self.port}", "--data", self.data,
             "--password", PASSWORD, "--now", self.now],
            stdout=subprocess.DEVNULL)
        while True:
            if self.process.poll() is not None:
                raise SystemExit("the server has ended")
            try:
                with Connection(self.port, "bauen") as client:
                    if client.ask("GET", "/ready")[0] == 200:
                        seconds = time.monotonic() - begun
                        self.open_always()
                        return seconds
            except OSError:
                time.sleep(0.002)

    def open_always(self):
        """Lets bookings be at any time: no opening hours, no holidays, no closure days."""
        rules = ["opening-hours", "closure-days", "federal-state"]
        clear = [argument for rule in rules for argument in ("--clear", rule)]
        subprocess.run([binary(), "town", "edit", *clear, "--data", self.data], check=True,
                       stdout=subprocess.DEVNULL)

    def memory_mb(self):
        """Memory in use now and at most since the start, in megabytes."""
        lines = pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        fields = dict(line.split(":", 1) for line in lines)
        return tuple(int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait() != 0:
            raise SystemExit("the server did not end well")


class Connection:
    """HTTP/1.1 on one connection that is kept alive."""

    def __init__(self, port, user):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        login = base64.b64encode(f"{user}:{PASSWORD}".encode()).decode()
        self.head = f"Host: 127.0.0.1\r\nAuthorization: Basic {login}\r\n"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def ask(self, method, path, body="", keep=True, **headers):
        """Status and body; without `keep` the body is read and thrown away, and its length
        is the answer."""
        kind = "text/calendar" if method == "PUT" else "application/xml"
        body = body.encode()
        more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.socket.sendall(
            f"{method} {path} HTTP/1.1\r\n{self.head}{more}Content-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        line = self.file.readline()
        if not line:
            raise OSError("hung up")
        status, length, chunked = int(line.split()[1]), 0, False
        while (line := self.file.readline().strip().lower()):
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
            chunked |= line == b"transfer-encoding: chunked"
        pieces, total = [], 0
        while True:
            size = int(self.file.readline(), 16) if chunked else length
            piece = self.file.read(size)
            total += size
            if keep:
                pieces.append(piece)
            if not chunked:
                break
            self.file.readline()
            if size == 0:
                break
        return status, b"".join(pieces) if keep else total


def binary():
    target = os.environ.get("CARGO_TARGET_DIR", ROOT / "target")
    return str(pathlib.Path(target) / "release" / "terminraum")


def build():
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)


def folder():
    return tempfile.mkdtemp(prefix="terminraum-scale-")


def at(times, part):
    """The value below which this part of the times lies."""
    return sorted(times)[min(len(times) - 1, int(len(times) * part))]


class Verdict:
    """Figures, and whether each keeps to what is promised."""

    def __init__(self):
        self.figures, self.failed = {}, False

    def tell(self, what, value, unit, limit=None):
        self.figures[what] = {"value": round(value, 3), "unit": unit, "limit": limit}
        bad = limit is not None and value > limit
        self.failed |= bad
        promise = "" if limit is None else f"   (at most {limit} {unit})"
        print(f"{'FAIL' if bad else '    '} {what:<58} {value:10.2f} {unit}{promise}", flush=True)

    def end(self):
        if path := os.environ.get("FIGURES"):
            pathlib.Path(path).write_text(json.dumps(self.figures, indent=1) + "\n")
        raise SystemExit(1 if self.failed else 0)
