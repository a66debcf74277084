"""litmus 0.13: the sections http, basic and props, on a calendar.

litmus wants a folder of its own and files in it. A calendar home has neither,
so it runs through `harness/calendar_proxy.py`, which makes its folder a
calendar and puts its files into events (and says exactly what it changes).

The table names every test of the three sections, and what must come of it: a
test that passes although it should not is as much a difference as one that
fails. copymove and locks do not run: copying an object within a calendar would
give a UID twice (RFC 4791 section 5.3.2.1), and the server does not announce
class 2.
"""

import os
import re
import subprocess
import tempfile

from harness import dav, tools
from harness.calendar_proxy import CalendarProxy

SECONDS_MAX = 300
USER = "bauen"
NO_COLLECTIONS = "a calendar has no collections in it (RFC 4791 section 4.2)"

# What `options` says of a server that does not announce class 2.
NO_LOCKS = "pass (with 1 warning)"

# section → test → "pass", or why it cannot.
EXPECTED = {
    "http": dict.fromkeys(["init", "begin", "expect100", "finish"], "pass"),
    "basic": {
        **dict.fromkeys(
            ["init", "begin", "put_get", "put_get_utf8_segment", "put_no_parent", "mkcol_over_plain",
             "delete", "delete_null"],
            "pass",
        ),
        "options": NO_LOCKS,
        "delete_fragment": NO_COLLECTIONS,
        "mkcol": NO_COLLECTIONS,
        "mkcol_again": NO_COLLECTIONS,
        "delete_coll": NO_COLLECTIONS,
        "mkcol_no_parent": "pass",
        "mkcol_with_body": "pass",
        "finish": "pass",
    },
    "props": dict.fromkeys(
        ["init", "begin", "propfind_invalid", "propfind_invalid2", "propfind_d0", "propinit", "propset", "propget",
         "propextended", "propmove", "propget 2", "propdeletes", "propget 3", "propreplace", "propget 4",
         "propnullns", "propget 5", "prophighunicode", "propget 6", "propremoveset", "propget 7", "propsetremove",
         "propget 8", "propvalnspace", "propwformed", "propinit 2", "propmanyns", "propget 9", "propcleanup",
         "finish"],
        "pass",
    ),
}  # fmt: skip


def results(output: str) -> dict[str, str]:
    """Test → `pass`, `pass (with 1 warning)`, `FAIL (…)` or `SKIPPED`, as litmus printed it.

    A test that runs several times in a section (propget) is `propget`, `propget 2` and so on.
    """
    found, name = {}, None
    for line in output.replace("\r", "\n").splitlines():
        if begun := re.match(r"\s*(\d+)\. (\w+?)\.+ ", line):
            if name is None or begun[1] != number:
                number, name, run = begun[1], begun[2], 1
                while name in found:
                    run += 1
                    name = f"{begun[2]} {run}"
        verdict = re.search(r"\.\. (pass|FAIL|SKIPPED|XFAIL)(.*)", line)
        if name and verdict:
            found[name] = (verdict[1] + verdict[2]).strip()
    return found


def run(town, tally) -> None:
    """Compares every test of every section with the table."""
    tools.apt({"litmus": "litmus"})
    home = town.url + dav.User(town, USER).home()
    for section, expected in EXPECTED.items():
        with CalendarProxy() as proxy, tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                ["litmus", f"--proxy={proxy.url}", home, town.login(USER), town.password],
                env=os.environ | {"TESTS": section}, cwd=folder, capture_output=True, stdin=subprocess.DEVNULL,
                timeout=SECONDS_MAX,
            )  # fmt: skip
            output = (done.stdout + done.stderr).decode("utf-8", "replace")
            log = tools.cache() / "log" / f"litmus-{section}.log"
            log.parent.mkdir(parents=True, exist_ok=True)
            trace = os.path.join(folder, "debug.log")
            log.write_text(output + (open(trace, errors="replace").read() if os.path.exists(trace) else ""))
        print(output.replace("\r", "\n").strip(), flush=True)
        compare(section, expected, results(output), tally)


def compare(section: str, expected: dict[str, str], found: dict[str, str], tally) -> None:
    """One test of ours per test of litmus."""
    for name in [*expected, *(set(found) - set(expected))]:
        want, got = expected.get(name), found.get(name, "did not run")
        if want is None:
            tally.fail(f"{section} {name}: not in the table ({got})")
        elif want.startswith("pass") != got.startswith("pass") or got.startswith("pass") and want != got:
            tally.fail(f"{section} {name}: {got}; expected {want}")
        elif want.startswith("pass"):
            tally.passed += 1
        else:
            tally.skipped += 1
            print(f"by design: {section} {name}: {want}")
