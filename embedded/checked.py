"""Values of a person's JSON file, checked: every mistake is one line that names the key."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

type Json = Mapping[str, Any]


class BadScenario(Exception):  # noqa: N818  reads as what happened
    """One line for the person who wrote it."""


def as_status(value: object, where: str, lowest: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= 599:
        return value
    raise BadScenario(f"{where}: expected an HTTP status from {lowest} to 599, got {short(value)}")


def as_text(value: object, where: str) -> str:
    if isinstance(value, str):
        return value
    raise BadScenario(f"{where}: expected a string, got {short(value)}")


def as_list(value: object, where: str) -> Sequence[object]:
    if isinstance(value, list):
        return value
    raise BadScenario(f"{where}: expected a list, got {short(value)}")


def as_object(value: object, where: str) -> Json:
    if isinstance(value, dict):
        return value
    raise BadScenario(f"{where}: expected an object, got {short(value)}")


def required(document: Json, key: str, what: str, where: str = "") -> object:
    if key in document:
        return document[key]
    raise BadScenario(f"{_join(where, key)}: missing; expected {what}")


def known(document: Json, keys: Sequence[str], where: str, *more: str) -> None:
    for key in document:
        if key not in keys:
            expected = ", ".join((*keys, *more))
            raise BadScenario(f"{_join(where, key)}: unknown key; expected one of {expected}")


def _join(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"
