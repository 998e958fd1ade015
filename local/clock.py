"""The clock of a local run: it starts at a time of our choice, and waits make it jump.

A scenario has its own times. Were the functions to see today's, a task of last week would be told
as overdue. So the engine keeps an offset to the real clock in a file, its Lambda workers add it
(see mends.py), and a wait of the state machine moves it on by what it did not really wait.
"""

import threading
import time
from pathlib import Path

# Of a wait that is sped up, in real seconds: a watch of days has a thousand of them.
LONGEST_SLEEP = 0.005


class Clock:
    """`path` holds the offset in seconds; without it only waits are shortened."""

    def __init__(self, speed: float, path: Path | None = None) -> None:
        self._speed = speed
        self._path = path
        self._lock = threading.Lock()

    def sleep(self, seconds: float) -> dict[str, float]:
        """Wait `seconds` of the run's time, and say how: a record for `Engine.waits`."""
        seconds = max(seconds, 0.0)
        wake = time.time() + self._offset() + seconds
        shortened = seconds if self._speed == 1 else min(seconds / self._speed, LONGEST_SLEEP)
        time.sleep(shortened)
        # Branches that wait at the same time must not add up: whoever wakes first moves the clock.
        with self._lock:
            offset = wake - time.time()
            if self._path and offset > self._offset():
                set_offset(self._path, offset)
        return {
            "seconds": seconds,
            "took": shortened,
            "until": time.time(),
            "offset": self._offset(),
        }

    def _offset(self) -> float:
        return get_offset(self._path) if self._path else 0.0


def get_offset(path: Path) -> float:
    return float(path.read_text())


def set_offset(path: Path, offset: float) -> None:
    """At once for every reader: a worker must not read half a number."""
    aside = path.with_suffix(".new")
    aside.write_text(repr(offset))
    aside.replace(path)
