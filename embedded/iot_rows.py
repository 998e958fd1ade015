"""The rows of a List call: those that were asked for, a page at a time."""

import base64
import binascii
from collections.abc import Iterable, Sequence
from typing import Any

from embedded.checked import Json, parse_time
from embedded.iot_wire import Refused

PAGE = 25  # rows where the caller names no maxResults; AWS documents no default


def matching(rows: Iterable[Json], asked: Json, keys: Iterable[str]) -> list[Json]:
    """The rows that have what was asked for in each of `keys`; an absent key asks for nothing."""
    wanted = {key: asked[key] for key in keys if key in asked}
    return [row for row in rows if all(row.get(key) == wanted[key] for key in wanted)]


def between(rows: Iterable[Json], asked: Json, member: str) -> list[Json]:
    """The rows from startTime to endTime; one without a time can't be told to lie outside."""
    start = asked.get("startTime")
    end = asked.get("endTime")
    return [
        row
        for row in rows
        if (moment := parse_time(row.get(member))) is None
        or ((start is None or start <= moment) and (end is None or moment <= end))
    ]


def page(name: str, rows: Sequence[object], asked: Json) -> dict[str, Any]:
    first, size = _offset(asked.get("nextToken")), asked.get("maxResults", PAGE)
    last = first + size
    more = {"nextToken": base64.b64encode(str(last).encode()).decode()} if last < len(rows) else {}
    return {name: rows[first:last], **more}


def _offset(token: str | None) -> int:
    try:
        return int(base64.b64decode(token, validate=True)) if token else 0
    except (ValueError, binascii.Error):
        raise Refused("InvalidRequestException", "Invalid nextToken") from None
