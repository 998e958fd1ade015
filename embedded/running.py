"""What runs while a `with` block does."""

from contextlib import ExitStack
from types import TracebackType
from typing import Self


class Running:
    """Subclasses start what they need in `_enter`: it ends with the block, or if they fail."""

    def _enter(self, running: ExitStack) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        with ExitStack() as running:
            self._enter(running)
            self._running = running.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.__exit__(kind, error, trace)
