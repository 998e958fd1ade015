"""Sections of Markdown, each with the same figures for machines and the promises that it broke."""

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.measure import Ratio

WIDTH = 100


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


def flowing(text: str) -> str:
    """Paragraphs and list items in lines of one width, one empty line between blocks."""
    blocks = re.split(r"\n{2,}", text.strip())
    return "\n\n".join(_flowing(block) for block in blocks) + "\n"


def _flowing(block: str) -> str:
    if block.startswith("- "):
        items = re.split(r"\n(?=- )", block)
        return "\n".join(_filled(item, "  ") for item in items)
    return block if block.startswith(("#", "|", "!")) else _filled(block, "")


def _filled(words: str, indent: str) -> str:
    return textwrap.fill(
        " ".join(words.split()),
        WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def figure(ratio: Ratio, digits: int = 2) -> str:
    """`1.08 (1.07 to 1.09)`; of a spread too small to show, the value alone."""
    value, low, high = (f"{number:.{digits}f}" for number in (ratio.value, ratio.low, ratio.high))
    return value if low == high else f"{value} ({low} to {high})"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
