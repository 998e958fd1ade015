"""Calls to AWS IoT at AWS's rate, within a bound of time."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

CALLS_PER_SECOND = 10  # AWS's quota for each of the List operations; not adjustable


class Pace:
    """Spaces calls to stay within AWS's rate, and stops them when the time is up."""

    def __init__(
        self,
        seconds: float,
        *,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._clock, self._sleep = clock or time.monotonic, sleep or time.sleep
        self._next = self._clock()
        self._end = self._next + seconds

    def wait(self) -> bool:
        """Wait for the next call's turn; False when the time is up."""
        now = self._clock()
        if self._next > now:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + 1 / CALLS_PER_SECOND
        return self.has_time

    @property
    def has_time(self) -> bool:
        return self._clock() < self._end

    def rest(self, seconds: float) -> bool:
        """Do nothing for so long; False, and at once, where that would use up the time."""
        if self._clock() + seconds >= self._end:
            return False
        self._sleep(seconds)
        return True


def paced(pages: Iterable[dict[str, Any]], pace: Pace) -> Iterator[dict[str, Any]]:
    """The pages of a paginator at AWS's rate; ends early when the time is up (see `pace`)."""
    iterator = iter(pages)
    while pace.wait():
        if (page := next(iterator, None)) is None:
            return
        yield page
