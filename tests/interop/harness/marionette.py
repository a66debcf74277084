"""Thunderbird with a fresh profile, driven through Marionette.

Marionette's wire protocol is `length:json` over TCP; a command is
`[0, id, name, parameters]`, its answer `[1, id, error, result]`. Scripts run in
the chrome context, that is with the rights of Thunderbird's own code.
"""

import base64
import json
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from . import tools

START_SECONDS_MAX = 90
ANSWER_SECONDS_MAX = 120
STOP_SECONDS_MAX = 20
PROGRAM = Path("/usr/lib/thunderbird/thunderbird")
SCRIPTS = tools.INTEROP / "thunderbird"

# No first-run pages, no accounts, no updates, no add-ons, nothing fetched from anywhere.
PREFERENCES = {
    "app.donation.eoy.version.viewed": 999,
    "app.normandy.enabled": False,
    "app.update.auto": False,
    "app.update.disabledForTesting": True,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "calendar.alarms.playsound": False,
    "calendar.alarms.show": False,
    "calendar.alarms.showmissed": False,
    "calendar.item.promptDelete": False,
    "calendar.timezone.local": "Europe/Berlin",
    "calendar.timezone.useSystemTimezone": False,
    "calendar.view.dayendhour": 18,
    "calendar.view.daystarthour": 8,
    "calendar.view.visiblehours": 11,
    "calendar.week.start": 1,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.autoDisableScopes": 15,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "mail.instrumentation.askUser": False,
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.rights.override": True,
    "mail.rights.version": 1,
    "mail.shell.checkDefaultClient": False,
    "mail.spotlight.firstRunDone": True,
    "mail.startup.enabledMailCheckOnce": True,
    "mail.winsearch.firstRunDone": True,
    "mailnews.start_page.enabled": False,
    "mailnews.start_page_override.mstone": "ignore",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "network.proxy.type": 0,
    "services.settings.server": "data:,#remote-settings-off",
    "signon.rememberSignons": True,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "toolkit.telemetry.server": "",
    "toolkit.telemetry.unified": False,
}


class ScriptError(Exception):
    """What a script in Thunderbird threw."""


def free_port() -> int:
    """A TCP port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Display:
    """An X server in memory; use it as a context manager."""

    def __init__(self, width: int = 1440, height: int = 900):
        self.size = f"{width}x{height}x24"

    def __enter__(self):
        # Xvfb picks a free display itself and writes its number.
        self.process = subprocess.Popen(
            ["Xvfb", "-displayfd", "1", "-screen", "0", self.size, "-nolisten", "tcp"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self.name = f":{self.process.stdout.readline().strip()}"
        if self.name == ":":
            raise tools.Missing("Xvfb did not start")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(STOP_SECONDS_MAX)


class Thunderbird:
    """One running Thunderbird with a profile of its own; use it as a context manager."""

    def __init__(self, name: str, display: Display, more: dict | None = None):
        self.name = name
        self.display = display
        self.preferences = PREFERENCES | (more or {})
        self.folder = Path(tempfile.mkdtemp(prefix=f"terminraum-thunderbird-{name}-"))
        self.port = free_port()
        self.number = 0
        self.socket = None

    def __enter__(self):
        profile = self.folder / "profile"
        profile.mkdir()
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});"
            for name, value in (self.preferences | {"marionette.port": self.port}).items()
        ]
        (profile / "user.js").write_text("\n".join(lines) + "\n")
        log = tools.cache() / "log" / f"thunderbird-{self.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        environment = {
            "HOME": str(self.folder), "DISPLAY": self.display.name, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8",
            "TZ": "Europe/Berlin", "MOZ_CRASHREPORTER_DISABLE": "1", "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1",
        }  # fmt: skip
        with open(log, "wb") as out:
            self.process = subprocess.Popen(
                [PROGRAM, "--marionette", "--remote-allow-system-access", "--no-remote", "--profile", profile],
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=environment,
            )  # fmt: skip
        try:
            self.connect()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def connect(self) -> None:
        """Waits for Marionette and begins a session in the chrome context."""
        until = time.monotonic() + START_SECONDS_MAX
        while self.socket is None:
            try:
                self.socket = socket.create_connection(("127.0.0.1", self.port), 2)
            except OSError:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise tools.Missing(f"Thunderbird ({self.name}) did not start") from None
                time.sleep(0.2)
        self.socket.settimeout(ANSWER_SECONDS_MAX)
        self.stream = self.socket.makefile("rb")
        self.receive()
        self.command("WebDriver:NewSession", {"strictFileInteractability": False})
        self.command("Marionette:SetContext", {"value": "chrome"})
        self.command("WebDriver:SetTimeouts", {"script": ANSWER_SECONDS_MAX * 1000})
        self.script("ready")

    def receive(self):
        """One message."""
        length = b""
        while not length.endswith(b":"):
            byte = self.stream.read(1)
            if not byte:
                raise ConnectionError(f"Thunderbird ({self.name}) went away")
            length += byte
        return json.loads(self.stream.read(int(length[:-1])))

    def command(self, name: str, parameters: dict):
        """Sends a command and returns its result."""
        self.number += 1
        data = json.dumps([0, self.number, name, parameters]).encode()
        self.socket.sendall(str(len(data)).encode() + b":" + data)
        _, _, error, result = self.receive()
        if error:
            raise ScriptError(f"{error.get('error')}: {error.get('message')}")
        return result

    def script(self, name: str, **values):
        """Runs thunderbird/NAME.js, which sees `values` and the helpers of common.js; returns its value."""
        text = (SCRIPTS / "common.js").read_text() + (SCRIPTS / f"{name}.js").read_text()
        body = f"const given = arguments[0];\nreturn (async () => {{\n{text}\n}})();"
        result = self.command(
            "WebDriver:ExecuteScript",
            {"script": body, "args": [values], "sandbox": "system", "newSandbox": True, "line": 0, "filename": name},
        )
        return result["value"]

    def screenshot(self, path: Path) -> None:
        """The main window as a PNG."""
        result = self.command("WebDriver:TakeScreenshot", {"full": False, "hash": False})
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(result["value"]))

    def __exit__(self, *_):
        if self.socket:
            self.socket.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
