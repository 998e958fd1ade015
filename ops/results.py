"""What became of each letter of a replay."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ops.letters import Letter


class Outcome(StrEnum):
    DELIVERED = "delivered"
    KEPT = "kept"
    NOT_OURS = "not ours"  # kept too: a person has to look at it
    UNKNOWN = "unknown"  # it may have been delivered; kept
    NOT_DELETED = "not deleted"  # it was delivered, yet the queue still has it
    WOULD_SEND = "would send"  # of a dry run

    @property
    def is_done(self) -> bool:
        return self in {Outcome.DELIVERED, Outcome.WOULD_SEND}

    @property
    def stops(self) -> bool:
        """The next letter would most likely meet the same, and be sent twice."""
        return self in {Outcome.UNKNOWN, Outcome.NOT_DELETED}


@dataclass(frozen=True, slots=True)
class Result:
    message_id: str
    outcome: Outcome
    letter: Letter | None = None
    reason: str | None = None
    command: str | None = None  # what a person has to run now
    message: Mapping[str, object] | None = None  # of a dry run: what would be sent


@dataclass(frozen=True, slots=True)
class Summary:
    """All of a run; `others` is how many letters of another channel were left alone."""

    results: tuple[Result, ...]
    others: int = 0
    in_other_hands: int = 0  # counted only where nothing was there to receive

    @property
    def is_done(self) -> bool:
        return not self.in_other_hands and all(result.outcome.is_done for result in self.results)
