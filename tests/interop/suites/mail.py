"""Mail out and in, as citizens, Outlook users and the town's mail server meet it.

The stories lie in the folder mail/: each starts a town of its own with an SMTP sink for its relay, or with a
private Postfix as relay and as the one who hands mail in by LMTP. Every mail that comes out is read by Python's
email and icalendar and by the npm package ical.js.
"""

import importlib
import os
import traceback

from harness import tools

STORIES = ["form", "citizens", "rooms", "trust", "queue", "privacy"]


def run(town, tally) -> None:
    """All stories, or those named in INTEROP_STORIES. `town` is not used: these towns need a clock and mail."""
    tools.packages()
    chosen = os.environ.get("INTEROP_STORIES")
    for name in chosen.split(",") if chosen else STORIES:
        print(f"--- {name}", flush=True)
        try:
            importlib.import_module(f"mail.{name}").run(tally)
        except Exception as error:  # noqa: BLE001 - the other stories still run
            traceback.print_exc()
            tally.fail(f"{name}: {error}")
