"""tsdav 2.3.4, the JavaScript library: `tsdav/suite.mjs` under node's test runner."""

import os
import re
import shutil
import subprocess

from harness import tools

SECONDS_MAX = 300
SOURCES = tools.INTEROP / "tsdav"


def run(town, tally) -> None:
    """Every `test` of the script is one test here."""
    home = tools.node(SOURCES)
    # Beside node_modules, where the script's import is looked for.
    shutil.copy(SOURCES / "suite.mjs", home / "suite.mjs")
    environment = os.environ | {
        "TOWN_URL": town.dav,
        "TOWN_PASSWORD": town.password,
        "TOWN_LOGIN": town.login("soziales"),
        "TOWN_OTHER_LOGIN": town.login("jugend"),
    }
    done = subprocess.run(
        ["node", "--test", "--test-reporter=tap", "suite.mjs"], cwd=home, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS_MAX,
    )  # fmt: skip
    print(done.stdout, flush=True)
    for verdict, name in re.findall(r"^\s+(ok|not ok) \d+ - (.*)$", done.stdout, re.MULTILINE) or re.findall(
        r"^(ok|not ok) \d+ - (.*)$", done.stdout, re.MULTILINE
    ):
        if verdict == "ok":
            tally.passed += 1
        else:
            tally.fail(name)
    if done.returncode and not tally.failed:
        tally.fail(f"node: exit {done.returncode}")
