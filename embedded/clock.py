"""The clock of a local run: it starts at a time of our choice, and waits make it jump.

A scenario has its own times. Were the functions to see today's, a task of last week would be told
as overdue. So the engine keeps an offset to the real clock in a file, its Lambda workers add it
(mends/functions.py), and a wait of the state machine moves it on by what it did not really wait.
"""

import threading
import time
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

# Of a wait that is sped up, in real seconds: a watch of days has a thousand of them.
LONGEST_SLEEP = 0.005
# The waits for a watch's end, and for a second person, who has to have the time to click: no other
# wait has their length.
FOR_WATCH, FOR_PERSON = 901, 1800
OUTSIDE_SLEEP, POLL_SECONDS = 4.0, 0.05


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
        longest = OUTSIDE_SLEEP if seconds in (FOR_WATCH, FOR_PERSON) else LONGEST_SLEEP
        shortened = seconds if self._speed == 1 else min(seconds / self._speed, longest)
        time.sleep(shortened)
        while self._is_held(seconds):
            time.sleep(POLL_SECONDS)
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

    def _is_held(self, seconds: float) -> bool:
        if not self._path or not _held(self._path).exists():
            return False
        return f"{seconds:g}" in _held(self._path).read_text().split()

    def _offset(self) -> float:
        return get_offset(self._path) if self._path else 0.0


def get_offset(path: Path) -> float:
    return float(path.read_text())


def _held(path: Path) -> Path:
    """The lengths of the waits that do not end for now."""
    return path.with_suffix(".held")


def set_offset(path: Path, offset: float) -> None:
    _write(path, repr(offset))


def _write(path: Path, text: str) -> None:
    """At once for every reader: a worker must not read half a number."""
    aside = path.with_suffix(".new")
    aside.write_text(text)
    aside.replace(path)


class LauncherClock:
    """The same clock from the launcher's side, who sets it, and can tell its past."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # (real time in seconds since 1970, offset from then on) of our own changes.
        self._offsets: list[tuple[float, float]] = []

    def set(self, moment: datetime, *, only_ahead: bool = False) -> None:
        """From now on it is `moment`; with `only_ahead` unless it is later already."""
        offset = moment.timestamp() - time.time()
        if only_ahead and offset <= get_offset(self.path):
            return
        set_offset(self.path, offset)
        self._offsets.append((time.time(), offset))

    def hold(self, *seconds: int) -> None:
        """Waits of these lengths, and of no other, do not end until told otherwise."""
        _write(_held(self.path), " ".join(map(str, seconds)))

    def times_of(
        self, moments: Iterable[datetime], waits: Iterable[Mapping[str, float]]
    ) -> list[datetime]:
        """What the clock showed at real moments; `waits` are the records of `Clock.sleep`."""
        known = sorted([*self._offsets, *((wait["until"], wait["offset"]) for wait in waits)])
        since, offsets = [at for at, _ in known], [0.0, *(offset for _, offset in known)]
        return [
            moment + timedelta(seconds=offsets[bisect_right(since, moment.timestamp())])
            for moment in moments
        ]
