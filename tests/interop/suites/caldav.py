"""The functional tests of the Python library `caldav`, from its source distribution.

They run only the tests a server profile does not excuse. The profile below
excuses nothing: every feature the library knows is declared as fully
supported, including those it takes for rare by default. What stays away are
facts that are no abilities (`url.encode-at.*`, `create-calendar.auto`,
`http.multiplexing`, and `search.text.comp-type-optional`, a search that RFC
4791 section 9.7 does not define). Scheduling is tried with three users.

One of the tests, testCheckCompatibility, runs caldav-server-tester and fails
when what it observes differs from this profile.
"""

import json
import os
import subprocess
import xml.etree.ElementTree as ElementTree

from harness import tools

VERSION = "3.6.0"
SECONDS_MAX = 1200
USERS = ["soziales", "jugend", "bauen"]

# Below full in the library's own defaults, or probed by no test of its own.
FULL = [
    "calendar-color", "calendar-color.name", "calendar-order", "well-known", "save.no-uid-conflict",
    "search.time-range.comp-type-optional", "scheduling", "scheduling.mailbox",
    "scheduling.mailbox.inbox-delivery", "scheduling.auto-schedule", "scheduling.calendar-user-address-set",
    "scheduling.calendar-user-address-set.populated", "scheduling.schedule-tag",
    "scheduling.schedule-tag.stable-partstat", "scheduling.freebusy-query",
]  # fmt: skip


def profile() -> dict[str, str]:
    """Feature → support level, as the library's test configuration takes it."""
    return {feature: "full" for feature in FULL}


def run(town, tally) -> None:
    """Runs the tests; every failed test is one failure of the suite."""
    source = tools.source("caldav", VERSION)
    users = [{"url": town.dav, "username": town.login(user), "password": town.password} for user in USERS]
    server = {"type": "external", **users[0], "features": profile(), "scheduling_users": users}
    configuration = {"test-servers": {"Terminraum": server}}
    # A name the library looks for first; JSON is YAML.
    (source / "tests" / "caldav_test_servers.yaml").write_text(json.dumps(configuration))
    report = tools.cache() / "log" / "caldav.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    command = [
        tools.python(), "-m", "pytest", "-q", "-rfEs", "--tb=short", "-p", "no:cacheprovider",
        "-o", "asyncio_default_fixture_loop_scope=function",
        # The suite turns every warning into an error, and calls this deprecated
        # method of its own in testPrincipals.
        "-W", "ignore:principals() is deprecated:DeprecationWarning",
        "-k", "Terminraum",
        f"--junitxml={report}", "tests/test_caldav.py", "tests/test_async_integration.py",
    ]  # fmt: skip
    environment = os.environ | {
        "PYTHON_CALDAV_TEST_EMBEDDED": "0",
        "PYTHON_CALDAV_TEST_DOCKER": "0",
        "HOME": str(tools.cache()),
    }
    report.unlink(missing_ok=True)
    try:
        subprocess.run(
            [str(part) for part in command], cwd=source, env=environment, stdin=subprocess.DEVNULL, timeout=SECONDS_MAX
        )
    except subprocess.TimeoutExpired:
        tally.fail(f"not done within {SECONDS_MAX} s")
    if not report.exists():
        tally.fail("pytest wrote no report")
        return
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        name = f"{case.get('classname', '').rsplit('.', 1)[-1]}::{case.get('name')}"
        trouble = case.find("failure") if case.find("failure") is not None else case.find("error")
        if trouble is not None:
            message = " ".join((trouble.get("message") or "").split())
            tally.fail(f"{name}: {message[:200]}")
        elif case.find("skipped") is not None:
            tally.skipped += 1
        else:
            tally.passed += 1
    if tally.passed < 100:
        tally.fail(f"only {tally.passed} tests ran and passed; the suite has more than 100 for one server")
