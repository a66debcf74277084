"""Counting what passed, and saying it in one line that tools can read."""

import time
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Tally:
    """How a suite went. `failures` has one line per failed test."""

    suite: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list[str] = field(default_factory=list)

    def line(self) -> str:
        """The suite's closing line."""
        return f"{self.suite}: {self.passed} passed, {self.failed} failed, {self.skipped} skipped"

    def fail(self, why: str) -> None:
        """Counts one failure."""
        self.failed += 1
        self.failures.append(" ".join(why.split())[:300])

    @contextmanager
    def step(self, sentence: str):
        """One named step of a story; an exception is a failure, and the story goes on."""
        begun = time.monotonic()
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is, this step failed
            self.fail(f"{sentence}: {error}")
            print(f"FAIL {sentence}: {str(error)[:3000]}", flush=True)
            if not isinstance(error, AssertionError):
                traceback.print_exc()
        else:
            self.passed += 1
            print(f"ok   {sentence} ({time.monotonic() - begun:.1f} s)", flush=True)
