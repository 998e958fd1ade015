"""Values of a person's JSON file, checked: every mistake is one line that names the key."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

type Json = Mapping[str, Any]


class BadScenario(Exception):  # noqa: N818  named for what happened, so that an except clause reads as a sentence
    """One line for the person who wrote it."""


def as_status(value: object, where: str, lowest: int) -> int:
    if isinstance(value, int) and lowest <= value <= 599:  # no boolean is among them
        return value
    raise BadScenario(f"{where}: expected an HTTP status from {lowest} to 599, got {short(value)}")


def as_text(value: object, where: str) -> str:
    return _as(str, "a string", value, where)


def as_items(value: object, where: str) -> Iterator[tuple[object, str]]:
    """The items of a list, and where each of them stands."""
    items: list[object] = _as(list, "a list", value, where)
    return ((item, f"{where}[{number}]") for number, item in enumerate(items))


def as_object(value: object, where: str, keys: Sequence[str] = (), *more: str) -> Json:
    """With `keys` it has no other one; `more` are named among them in the complaint."""
    document: Json = _as(dict, "an object", value, where)
    for key in document if keys else ():
        if key not in keys:
            expected = ", ".join((*keys, *more))
            raise BadScenario(f"{_join(where, key)}: unknown key; expected one of {expected}")
    return document


def required(document: Json, key: str, what: str, where: str = "") -> object:
    if key in document:
        return document[key]
    raise BadScenario(f"{_join(where, key)}: missing; expected {what}")


def _as[Kind](kind: type[Kind], what: str, value: object, where: str) -> Kind:
    if isinstance(value, kind):
        return value
    raise BadScenario(f"{where}: expected {what}, got {short(value)}")


def _join(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"


def read_json(path: Path) -> object:
    """What is in the file; raises BadScenario, whose message begins with its name."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadScenario(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise BadScenario(f"{path}: expected UTF-8 text, got other bytes") from error
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}:{error.colno}"
        raise BadScenario(f"{where}: not complete, valid JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise BadScenario(f"{path}: a number is too long, or it is nested too deeply") from error


def parse_time(value: object) -> datetime | None:
    """A time as the AWS CLI prints it, or in seconds since 1970; None for anything else."""
    try:
        match value:
            case bool():
                return None
            case int() | float():
                return datetime.fromtimestamp(value, UTC)
            case str():
                moment = datetime.fromisoformat(value)
                return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None
