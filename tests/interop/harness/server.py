"""The server under test: a demo town in a fresh folder, or one that already runs."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from . import tools

START_SECONDS_MAX = 15
STOP_SECONDS_MAX = 15
DOMAIN = "rathaus.example"


def binary() -> Path:
    """`TERMINRAUM_BIN`, else the release build, else the debug build."""
    named = os.environ.get("TERMINRAUM_BIN")
    target = Path(os.environ.get("CARGO_TARGET_DIR", tools.REPOSITORY / "target"))
    choices = [Path(named)] if named else [target / kind / "terminraum" for kind in ("release", "debug")]
    for choice in choices:
        if choice.exists():
            return choice.resolve()
    raise tools.Missing(f"no server to test: {', '.join(map(str, choices))} (cargo build --release)")


class Town:
    """Where the demo town is and how to sign in."""

    def __init__(self, url: str, password: str, domain: str | None = DOMAIN):
        self.url = url.rstrip("/")
        self.password = password
        self.domain = domain

    @property
    def dav(self) -> str:
        """The DAV root, by which clients that are given an address begin."""
        return self.url + os.environ.get("INTEROP_DAV_PATH", "/dav/")

    def login(self, user: str) -> str:
        """What `user` types as the user name."""
        return f"{user}@{self.domain}" if self.domain else user


class Demo(Town):
    """`terminraum demo` on a free port; use it as a context manager."""

    def __init__(self, name: str, keep: bool = False, arguments=()):
        """`arguments`: further ones for `terminraum demo`."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        super().__init__(f"http://127.0.0.1:{self.port}", secrets.token_hex(8))
        self.folder = Path(tempfile.mkdtemp(prefix=f"terminraum-{name}-"))
        self.log = tools.cache() / "log" / f"{name}-server.log"
        self.keep = keep
        self.arguments = list(arguments)
        self.environment: dict[str, str] = {}
        self.process = None

    def command(self) -> list:
        """What is started."""
        demo = [binary(), "demo", "--listen", f"127.0.0.1:{self.port}", "--data", self.folder / "data"]
        return [*demo, "--password", self.password, *self.arguments]

    def start(self) -> None:
        """Starts the server and waits until it answers. The folder stays, so it may start again."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env=os.environ | self.environment,
            )  # fmt: skip
        until = time.monotonic() + START_SECONDS_MAX
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > until:
                raise tools.Missing(f"the server did not start; see {self.log}:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.05)
        self.open_always()

    def open_always(self) -> None:
        """Lets the suites choose their times: no opening hours, no holidays, no closure days."""
        rules = ["opening-hours", "closure-days", "federal-state"]
        clear = [argument for rule in rules for argument in ("--clear", rule)]
        self.tell("town", "edit", *clear)

    def tell(self, *arguments: str, fails: bool = False) -> str:
        """Runs `terminraum` on this town; the answer is what it prints."""
        command = [binary(), *arguments, "--data", self.folder / "data"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        said = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, f"{' '.join(arguments)}: exit {done.returncode}\n{said}"
        return said

    def pipe(self, given: bytes, *arguments: str) -> None:
        """Runs `terminraum` on this town with something on its standard input."""
        command = [binary(), *arguments, "--data", self.folder / "data"]
        done = subprocess.run(command, input=given, capture_output=True)
        assert done.returncode == 0, f"{' '.join(arguments)}: exit {done.returncode}\n{done.stderr.decode()}"

    def kill(self) -> None:
        """SIGKILL, to exactly the process started here."""
        self.process.kill()
        self.process.wait()

    def answers(self) -> bool:
        """Whether an HTTP answer of any status comes."""
        try:
            urllib.request.urlopen(self.url + "/health", timeout=2)
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """Ends exactly the process started here: asks, waits, then kills."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise RuntimeError(f"the server did not stop within {STOP_SECONDS_MAX} s of SIGTERM") from None

    def complaints(self) -> list[str]:
        """Lines of the server's log that no suite may cause."""
        words = ("panicked at", "stack overflow")
        return [line for line in self.log.read_text(errors="replace").splitlines() if any(w in line for w in words)]

    def __enter__(self):
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_bytes(b"")
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_):
        try:
            self.stop()
        finally:
            if not self.keep:
                shutil.rmtree(self.folder, ignore_errors=True)


class Running(Town):
    """A server somebody else started (`--url`); nothing is started or stopped."""

    log = None

    def complaints(self) -> list[str]:
        """Its log is not ours to read."""
        return []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass
