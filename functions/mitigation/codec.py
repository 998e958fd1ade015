"""Records as JSON and back, by their own fields: `wait_seconds` is `waitSeconds` on the wire.

A record is a named tuple or a dataclass. Its fields are texts, numbers, flags, times, enumerations,
AWS's own JSON, other records, tuples of these, or dicts of these by name. What is absent, or null,
takes the field's default; so a record may gain fields, and what was written before is still read.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, TypeAliasType, get_args, get_origin

from mitigation.wire import InvalidTask, Json, Reader, clean, format_time, parse_time


def encode(value: object) -> Json:
    """A record, or what a field of one may hold, as JSON."""
    match value:
        case StrEnum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case datetime():
            return format_time(value)
        case Mapping():
            return {str(name): encode(item) for name, item in value.items()}
    if names := getattr(value, "__match_args__", None):
        return {camel(name): encode(getattr(value, name)) for name in names}
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    raise TypeError(f"a {type(value).__name__} has no place in a record")


def decode[Record](record: type[Record], value: object, path: str = "") -> Record:
    """The record in `value`, with nothing but its own fields.

    Raises InvalidTask, which names the member by its path.
    """
    members = Reader.of(value, path).members
    fields: dict[str, Any] = {}
    missing = []
    for name, hint in record.__annotations__.items():
        wire_name = camel(name)
        where = f"{path}.{wire_name}" if path else wire_name
        if (member := members.get(wire_name)) is not None:
            fields[name] = _decode(hint, member, where)
        elif NoneType in get_args(hint):
            fields[name] = None
        else:
            missing.append(where)  # the record's default, or else a complaint
    try:
        return record(**fields)
    except TypeError:
        raise InvalidTask(f"missing: {', '.join(missing)}") from None


def camel(name: str) -> str:
    """AWS's spelling of a field's name: `errorCode` for `error_code`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _decode(hint: Any, value: object, path: str) -> Any:  # noqa: ANN401  as the hint says
    if isinstance(hint, UnionType):  # `X | None`, and None was dealt with
        [hint] = (part for part in get_args(hint) if part is not NoneType)
    if isinstance(hint, TypeAliasType):  # AWS's own JSON
        return value
    if hint is datetime:
        return parse_time(value, path)
    if arguments := get_args(hint):
        if get_origin(hint) is tuple:
            items = _expect(list, value, path)
            return tuple(_decode(arguments[0], v, f"{path}[{n}]") for n, v in enumerate(items))
        named = _expect(dict, value, path)
        return {name: _decode(arguments[1], v, f"{path}.{name}") for name, v in named.items()}
    if issubclass(hint, StrEnum):
        return _member(hint, value, path)
    if hasattr(hint, "__match_args__"):
        return decode(hint, value, path)
    return clean(_expect(str, value, path)) if hint is str else _expect(hint, value, path)


def _member(enumeration: Callable[[object], StrEnum], value: object, path: str) -> StrEnum:
    try:
        return enumeration(value)
    except ValueError:
        raise InvalidTask(f"{path}: {str(value)[:60]!r} is not known here") from None


def _expect[T](kind: type[T], value: object, path: str) -> T:
    # To Python a bool is an int; to a reader of JSON it is not.
    if type(value) is not kind:
        raise InvalidTask(f"{path}: expected {_KINDS[kind]}, got {str(value)[:60]!r}")
    return value


_KINDS: dict[type, str] = {
    str: "text",
    int: "a whole number",
    bool: "true or false",
    float: "a number",
    list: "a list",
    dict: "an object",
}
