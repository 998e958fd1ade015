"""The generated tables in docs/, each between its marks; the prose around them is written by hand.

<!-- bench: polling -->
| …
<!-- /bench -->
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from bench import DOCS

PAGES = ("benchmarks.md", "scale.md")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The first column is words, the others are figures."""
    ruler = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ruler, *rows))


def shown() -> dict[str, str]:
    """The tables that the pages hold, by name."""
    pages = "\n".join((DOCS / page).read_text(encoding="utf-8") for page in PAGES)
    return {match["name"]: match["table"].rstrip() for match in _MARKED.finditer(pages)}


def write(tables: Mapping[str, str]) -> None:
    """Replace those of these names, and leave the others."""
    for page in PAGES:
        text = (DOCS / page).read_text(encoding="utf-8")
        (DOCS / page).write_text(_MARKED.sub(lambda found: _replaced(found, tables), text), "utf-8")


_MARKED = re.compile(r"<!-- bench: (?P<name>[\w-]+) -->\n(?P<table>.*?)<!-- /bench -->", re.DOTALL)


def _replaced(found: re.Match[str], tables: Mapping[str, str]) -> str:
    new = tables.get(found["name"], found["table"].rstrip())
    return f"<!-- bench: {found['name']} -->\n{new}\n<!-- /bench -->"
