"""Sections of Markdown, each with the same figures for machines and the promises that it broke."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.measure import Ratio


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    markdown: str
    data: Any
    broken: list[str] = field(default_factory=list)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The first column is words, the others are figures."""
    lines = [_line(head), _line(["---", *["---:"] * (len(head) - 1)])]
    return "\n".join([*lines, *(_line(row) for row in rows)])


def figure(ratio: Ratio, digits: int = 2) -> str:
    """`1.08 (1.07 to 1.09)`; of a spread too small to show, the value alone."""
    value, low, high = (f"{number:.{digits}f}" for number in (ratio.value, ratio.low, ratio.high))
    return value if low == high else f"{value} ({low} to {high})"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
