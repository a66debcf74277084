"""caldav-server-tester: probes some 130 features, we demand every one in full.

Its output has a support level per feature. A level other than `full` is a
failure here, unless ALLOWED says why that level is the right one.
"""

import ast
import json
import os
import re
import subprocess

from harness import tools

SECONDS_MAX = 600
USER = "jugend"
OTHERS = ["soziales", "bauen"]

# feature (a regular expression over its whole name) → levels that are right, and why.
ALLOWED = {
    # Whether `@` and `%40` in a path are two resources. They are one here (RFC 3986 section 6.2.2.2
    # allows either), and the probe says "unsupported" for one resource.
    r"url\.encode-at\.identity": {"unsupported", "unknown"},
    # Probed only when the principal's own address has an `@`.
    r"url\.encode-at\.literal\.principal": {"full", "unknown"},
    # A GET must not create a calendar.
    r"create-calendar\.auto": {"unsupported"},
    # A prop-filter right under VCALENDAR is about VCALENDAR's own properties (RFC 4791 section 9.7.1),
    # so it must not find events.
    r"search\.text\.comp-type-optional": {"unsupported"},
}

# These must have been looked at: a probe that gave up early must not pass for a good server.
DEMANDED = [
    "principal-search", "principal-search.by-name.self", "principal-search.list-all", "well-known",
    "create-calendar", "delete-calendar", "delete-calendar.free-namespace", "save-load.event", "save-load.todo",
    "save-load.journal", "search.time-range.event", "search.time-range.alarm", "search.is-not-defined",
    "search.recurrences.expanded.event", "search.recurrences.expanded.todo",
    "search.recurrences.expanded.exception", "search.recurrences.includes-implicit.infinite-scope",
    "sync-token", "sync-token.delete", "sync-token.invalid-token", "sync-token.limit",
    "sync-token.limit.initial-sync", "freebusy-query", "save.etag", "save.if-none-match", "save.no-uid-conflict",
    "calendar-color", "calendar-order", "auth.www-authenticate", "propfind.allprop.resourcetype",
    "scheduling", "scheduling.mailbox", "scheduling.mailbox.inbox-delivery", "scheduling.auto-schedule",
    "scheduling.schedule-tag", "scheduling.schedule-tag.stable-partstat", "scheduling.freebusy-query",
]  # fmt: skip


def observed(town) -> dict[str, dict]:
    """Feature → what the tester found out about it."""
    # The tester will not look at /.well-known on "localhost" or "127.0.0.1"; this is the same address.
    url = town.dav.replace("//127.0.0.1:", "//127.1:")
    command = [
        tools.python().parent / "caldav-server-tester", "--caldav-url", url, "--caldav-username", town.login(USER),
        "--caldav-password", town.password, "--format", "hints",
        *(part for user in OTHERS for part in ("--config-section", user)),
    ]  # fmt: skip
    others = {
        user: {"caldav_url": url, "caldav_username": town.login(user), "caldav_password": town.password}
        for user in OTHERS
    }
    configuration = tools.cache() / "tester.json"
    configuration.write_text(json.dumps(others))
    log = tools.cache() / "log" / "tester.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "w") as errors:
        done = subprocess.run(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=errors, stdin=subprocess.DEVNULL,
            text=True, timeout=SECONDS_MAX,
            env=os.environ | {"HOME": str(tools.cache()), "CALDAV_CONFIG_FILE": str(configuration)},
        )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"caldav-server-tester: exit {done.returncode}, see {log}:\n{log.read_text()[-3000:]}")
    return ast.literal_eval(done.stdout[done.stdout.index("{") :])


def run(town, tally) -> None:
    """One test per feature."""
    features = observed(town)
    for name, found in sorted(features.items()):
        support = found.get("support")
        if support is None:
            continue
        right = next((levels for pattern, levels in ALLOWED.items() if re.fullmatch(pattern, name)), {"full"})
        note = found.get("behaviour") or found.get("description") or ""
        if support in right:
            tally.passed += 1
            if support != "full":
                print(f"ok   {name}: {support} (allowed) {note}")
        else:
            tally.fail(f"{name}: {support} {note}")
            print(f"FAIL {name}: {support} {note}")
    for name in DEMANDED:
        if name not in features:
            tally.fail(f"{name}: not probed")
    print(f"caldav-server-tester: {len(features)} features probed")
