"""The citizen's pages in Chromium with axe-core 4.14.1, driven by playwright-core 1.65.1: `pages/browse.mjs`.

Every state at 320 and 1280 px, in German and English, light and dark: no barrier that axe-core finds, no sideways
scrolling (also with text twice as large), no cookie, nothing asked from anywhere else. A scanner with JavaScript
changes nothing, a keyboard is enough, no JavaScript is needed, and the codes on the printed sheet can be read.
INTEROP_PICTURES names a folder for a picture of each state.
"""

import importlib

from harness import tools


def run(town, tally) -> None:
    """`town` is not used: this one needs mail and a clock."""
    tools.packages()
    importlib.import_module("pages.story").run(tally)
