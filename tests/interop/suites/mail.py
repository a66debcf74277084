"""Mail out and in, as citizens, Outlook users and the town's mail server meet it.

The stories lie in the folder mail/: each starts a town of its own with an SMTP sink for its relay, or with a
private Postfix as relay and as the one who hands mail in by LMTP. Every mail that comes out is read by Python's
email and icalendar and by the npm package ical.js.
"""

import importlib
import os
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import tools
from harness.tally import Tally

# The longest first. They mostly wait for mail, so some run at once.
STORIES = ["queue", "rooms", "form", "citizens", "privacy", "trust"]
AT_ONCE = 3
ICALJS = Path(__file__).resolve().parent.parent / "icaljs"


def run(town, tally) -> None:
    """All stories, or those named in INTEROP_STORIES. `town` is not used: these towns need a clock and mail."""
    tools.packages()
    tools.node(ICALJS)
    tools.apt(
        {"/usr/sbin/postfix": "postfix", "openssl": "openssl"},
        preset="postfix postfix/main_mailer_type select No configuration\n",
    )
    chosen = os.environ.get("INTEROP_STORIES")
    with ThreadPoolExecutor(AT_ONCE) as at_once:
        for told in at_once.map(story, chosen.split(",") if chosen else STORIES):
            tally.passed += told.passed
            tally.failed += told.failed
            tally.failures += told.failures


def story(name: str) -> Tally:
    """One story, counted by itself; also what its server has complained of."""
    tally = Tally("mail")
    try:
        importlib.import_module(f"mail.{name}").run(tally)
    except Exception as error:  # noqa: BLE001 - the other stories still run
        traceback.print_exc()
        tally.fail(f"{name}: {error}")
    return tally
