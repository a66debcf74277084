"""Runs inside a D-Bus session of its own, under the system's Python: evolution-data-server,
driven by lines of JSON.

Each line names what to do and with what; each answer is a line with `value`, or with `error`,
the sentence that Evolution would show. The library is the one that Evolution and GNOME Calendar
are built on, so discovery of addresses, requests and errors are theirs.
"""

import json
import os
import sys
from pathlib import Path

import gi

gi.require_version("ECal", "2.0")
gi.require_version("EDataServer", "1.2")
gi.require_version("ICalGLib", "3.0")
from gi.repository import ECal, EDataServer, GLib, ICalGLib  # noqa: E402

# Sources say that they are connected only where a network is up; they work without one.
CONNECT_SECONDS_MAX = 2

SOURCE = """[Data Source]
DisplayName={name}
Enabled=true
Parent=caldav-stub

[Calendar]
BackendName=caldav
Color=#62a0ea
Selected=true

[Authentication]
Host={host}
Method=plain/password
Port={port}
ProxyUid=system-proxy
RememberPassword=true
User={user}
CredentialName=
IsExternal=false

[Security]
Method=none

[WebDAV Backend]
AvoidIfmatch=false
CalendarAutoSchedule={schedules}
DisplayName=
EmailAddress={user}
ResourcePath={path}
ResourceQuery=
SslTrust=
Order=4294967295

[Offline]
StaySynchronized=true
"""


class Desk:
    """One user's Evolution."""

    def __init__(self):
        self.registry = None
        self.clients = {}

    def subscribe(self, calendars, host, port, user, password, schedules):
        """Adds calendars (name → path on the server), signs in, and opens them."""
        folder = Path(os.environ["XDG_CONFIG_HOME"]) / "evolution" / "sources"
        folder.mkdir(parents=True, exist_ok=True)
        for name, path in calendars.items():
            text = SOURCE.format(
                name=name, path=path, host=host, port=port, user=user, schedules=str(schedules).lower()
            )
            (folder / f"{name}.source").write_text(text)
        self.registry = EDataServer.SourceRegistry.new_sync(None)
        provider = EDataServer.SourceCredentialsProvider.new(self.registry)
        credentials = EDataServer.NamedParameters.new()
        credentials.set("username", user)
        credentials.set("password", password)
        for name in calendars:
            source = self.registry.ref_source(name)
            assert source, f"the registry does not know {name}"
            provider.store_sync(source, credentials, True, None)
            self.clients[name] = ECal.Client.connect_sync(
                source, ECal.ClientSourceType.EVENTS, CONNECT_SECONDS_MAX, None
            )
        return sorted(self.clients)

    def create(self, calendar, text):
        """A new event, as Evolution's editor stores it; its UID."""
        component = ICalGLib.Component.new_from_string(text)
        done, uid = self.clients[calendar].create_object_sync(component, ECal.OperationFlags.NONE, None)
        assert done
        return uid

    def change(self, calendar, text):
        """Another text for an event, all of its occurrences."""
        component = ICalGLib.Component.new_from_string(text)
        return self.clients[calendar].modify_object_sync(
            component, ECal.ObjModType.ALL, ECal.OperationFlags.NONE, None
        )

    def remove(self, calendar, uid):
        """Deletes an event."""
        return self.clients[calendar].remove_object_sync(
            uid, None, ECal.ObjModType.ALL, ECal.OperationFlags.NONE, None
        )

    def refresh(self, calendar):
        """What the refresh button does."""
        return self.clients[calendar].refresh_sync(None)

    def show(self, calendar, uid):
        """The event as the client's own store has it."""
        done, component = self.clients[calendar].get_object_sync(uid, None, None)
        assert done
        return component.as_ical_string()

    def free_busy(self, calendar, start, end, addresses):
        """Busy times (seconds since 1970) as the planner asks for them; one VFREEBUSY each."""
        done, found = self.clients[calendar].get_free_busy_sync(start, end, addresses, None)
        assert done
        return [component.get_as_string() for component in found]

    def capability(self, calendar, name):
        """Whether the back-end says that it can do this."""
        return self.clients[calendar].check_capability(name)


def main():
    """Answers until the input ends."""
    desk = Desk()
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = {"value": getattr(desk, asked.pop("do"))(**asked)}
        except GLib.Error as error:
            answer = {"error": error.message}
        except Exception as error:  # noqa: BLE001 - the story decides what is a failure
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
    # Its threads would keep the session open.
    os._exit(0)


if __name__ == "__main__":
    main()
