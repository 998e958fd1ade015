"""A virtual clock for many threads: nobody sleeps, and time stands still while anyone works.

Whoever would sleep says until when, and stops. Once everyone has stopped, the clock jumps to the
earliest of those times and wakes the one who waits for it. So hours pass in no time, the same way
in every run, and what happens at once in the real world happens at the same moment here.
"""

import heapq
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from typing import Self

import time_machine

# After so many in which nobody stopped or went on, a run counts as hung; a machine that stands
# still for long takes one of them.
REAL_SECONDS = 60


class Clock:
    """`enter` counts one more who works, `leave` one less; whoever sleeps must be counted.

    Everyone in this process sees the clock's time while the `with` block runs.
    """

    def __init__(self, start: datetime) -> None:
        self.start = start
        self._now = start
        self._working = 0
        self._sleepers: list[tuple[datetime, int, threading.Event]] = []
        self._order = count()
        self._mutex = threading.Lock()
        self._idle = threading.Event()
        self._steps = 0  # how often anyone has stopped
        self._turns: deque[threading.Event] = deque()
        self._whose_turn: int | None = None  # a thread's
        self._turn_is_kept = False
        self._travel = time_machine.travel(start, tick=False)

    def __enter__(self) -> Self:
        self._traveller = self._travel.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._travel.stop()

    @property
    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        """Seconds since the start: for whoever measures by time.monotonic."""
        return (self._now - self.start).total_seconds()

    def enter(self) -> None:
        with self._mutex:
            self._working += 1
            self._idle.clear()

    def leave(self) -> None:
        with self._mutex:
            self._stop_working()

    @contextmanager
    def working(self) -> Iterator[None]:
        self.enter()
        try:
            yield
        finally:
            self.leave()

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of this clock's time."""
        if seconds <= 0:
            return
        lends_turn = self._whose_turn == threading.get_ident() and not self._turn_is_kept
        if lends_turn:
            self._give_turn()
        wake = threading.Event()
        with self._mutex:
            until = self._now + timedelta(seconds=seconds)
            heapq.heappush(self._sleepers, (until, next(self._order), wake))
            self._stop_working()
        self._await(wake)
        if lends_turn:
            self._take_turn()
            self._turn_is_kept = False

    def start_thread(self, work: Callable[[], object]) -> None:
        """Run `work` in a thread that is counted from now on."""

        def run() -> None:
            try:
                work()
            finally:
                self.leave()

        with self.starting():
            threading.Thread(target=run, daemon=True).start()

    @contextmanager
    def starting(self) -> Iterator[None]:
        """One more works from now on, unless the block that starts them fails."""
        self.enter()
        try:
            yield
        except BaseException:
            self.leave()
            raise

    @contextmanager
    def turn(self, *, keep: bool = False) -> Iterator[None]:
        """One at a time, in the order of asking; who waits for a turn doesn't work.

        Whoever sleeps gives the turn away meanwhile, unless it is to `keep`.
        """
        self._take_turn()
        self._turn_is_kept = keep
        try:
            yield
        finally:
            self._give_turn()

    def _take_turn(self) -> None:
        free: threading.Event | None = None
        with self._mutex:
            if self._whose_turn is not None:
                free = threading.Event()
                self._turns.append(free)
                self._stop_working()
            else:
                self._whose_turn = threading.get_ident()
        if free:
            self._await(free)
            self._whose_turn = threading.get_ident()

    def _give_turn(self) -> None:
        with self._mutex:
            if self._turns:
                self._working += 1  # on behalf of the one who is next
                self._whose_turn = -1  # that one's, once awake
                self._turns.popleft().set()
            else:
                self._whose_turn = None

    def run_until_idle(self) -> None:
        """Return when nobody works or sleeps; raises AssertionError when that never comes."""
        with self._mutex:
            if self._working == 0:
                self._wake_next()
        self._await(self._idle)

    def _await(self, event: threading.Event) -> None:
        """Raises AssertionError, with where everybody is, when nobody does anything any more."""
        steps, seconds = -1, 0
        while not event.wait(1):
            steps, seconds = self._steps, seconds + 1 if steps == self._steps else 0
            if seconds >= REAL_SECONDS:
                stacks = [traceback.format_stack(frame) for frame in sys._current_frames().values()]
                where = "\n".join("".join(stack[-3:]) for stack in stacks)
                raise AssertionError(f"hung: {self._working} work, at {self._now}\n{where}")

    def _stop_working(self) -> None:
        self._steps += 1
        self._working -= 1
        if self._working == 0:
            self._wake_next()

    def _wake_next(self) -> None:
        if not self._sleepers:
            self._idle.set()
            return
        until, _, wake = heapq.heappop(self._sleepers)
        if until > self._now:
            self._now = until
            self._traveller.move_to(until)
        self._working += 1
        wake.set()
