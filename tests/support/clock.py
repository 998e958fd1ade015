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
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from itertools import count

import time_machine

from embedded.running import Running

REAL_SECONDS = 600  # a wait that takes longer never ends


class Clock(Running):
    """`enter` counts one more who works, `leave` one less; whoever makes the clock does.

    Everyone in this process sees its time while the `with` block runs.
    """

    def __init__(self, start: datetime) -> None:
        self.start = self.now = start
        self._working = 1
        self._sleepers: list[tuple[datetime, int, threading.Event]] = []
        self._order = count()
        self._mutex = threading.Lock()
        self._idle = threading.Event()
        self._turns: deque[threading.Event] = deque()  # the first of them has it

    def _enter(self, running: ExitStack) -> None:
        self._traveller = running.enter_context(time_machine.travel(self.start, tick=False))

    def monotonic(self) -> float:
        """Seconds since the start: for whoever measures by time.monotonic."""
        return (self.now - self.start).total_seconds()

    def enter(self) -> None:
        with self._mutex:
            self._working += 1
            self._idle.clear()

    def leave(self) -> None:
        with self._mutex:
            self._stop_working()

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of this clock's time."""
        if seconds <= 0:
            return
        wake = threading.Event()
        with self._mutex:
            until = self.now + timedelta(seconds=seconds)
            heapq.heappush(self._sleepers, (until, next(self._order), wake))
            self._stop_working()
        self._await(wake)

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
    def turn(self) -> Iterator[None]:
        """One at a time, in the order of asking; who waits for a turn doesn't work."""
        mine = threading.Event()
        with self._mutex:
            self._turns.append(mine)
            if self._turns[0] is mine:
                mine.set()
            else:
                self._stop_working()
        self._await(mine)
        try:
            yield
        finally:
            with self._mutex:
                self._turns.popleft()
                if self._turns:
                    self._working += 1  # on behalf of the one who is next
                    self._turns[0].set()

    def run_until_idle(self) -> None:
        """Let pass what others work and sleep for; AssertionError when that does not end."""
        self.leave()
        try:
            self._await(self._idle)
        finally:
            self.enter()

    def _await(self, event: threading.Event) -> None:
        """Raises AssertionError, with where everybody is, when it never comes."""
        if not event.wait(REAL_SECONDS):
            stacks = [traceback.format_stack(frame) for frame in sys._current_frames().values()]
            where = "\n".join("".join(stack[-3:]) for stack in stacks)
            raise AssertionError(f"hung: {self._working} work, at {self.now}\n{where}")

    def _stop_working(self) -> None:
        self._working -= 1
        if self._working > 0:
            return
        if not self._sleepers:
            self._idle.set()
            return
        until, _, wake = heapq.heappop(self._sleepers)
        if until > self.now:
            self.now = until
            self._traveller.move_to(until)
        self._working += 1
        wake.set()
