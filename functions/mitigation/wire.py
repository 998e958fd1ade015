"""AWS's own shapes on the wire: to JSON for the state machine, and back with named errors.

The wire shape is AWS's: its member names, times as ISO 8601 in UTC. So what `aws iot describe-…`
prints can be pasted wherever a task is expected.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self, overload

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None


class InvalidTask(ValueError):  # noqa: N818  the state machine matches this name
    """An answer that is not what the service model says; the message names the member."""


def to_wire(value: object) -> Json:
    """A boto3 answer as JSON: times in ISO 8601 UTC, and without the ResponseMetadata."""
    match value:
        case datetime():
            return format_time(value)
        case Mapping():
            return {clean(str(k)): to_wire(v) for k, v in value.items() if k != "ResponseMetadata"}
        case str():
            return clean(value)
        case bool() | int() | float() | None:
            return value
        case Sequence():
            return [to_wire(item) for item in value]
    raise InvalidTask(f"a {type(value).__name__} has no place in an AWS answer")


@overload
def format_time(moment: datetime) -> str: ...
@overload
def format_time(moment: None) -> None: ...
def format_time(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, with microseconds only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def parse_time(value: object, path: str) -> datetime | None:
    """A time as boto3 gives it, as the AWS CLI prints it, or in seconds since 1970."""
    try:
        match value:
            case None:
                return None
            case datetime() if value.tzinfo:
                return value.astimezone(UTC)
            case str() if (moment := datetime.fromisoformat(value)).tzinfo:
                return moment.astimezone(UTC)
            case int() | float() if not isinstance(value, bool):
                return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass  # told below, with the member's name
    raise InvalidTask(f"{path}: expected an ISO 8601 time with its offset, got {_show(value)}")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the members of one structure; every error names the member by its whole path."""

    members: Mapping[object, object]
    path: str = ""  # of this structure in the answer; empty for the answer itself

    @classmethod
    def of(cls, value: object, path: str = "") -> Self:
        if not isinstance(value, Mapping):
            where = path or "the Describe answer"
            raise InvalidTask(f"{where}: expected an object, got {_show(value)}")
        return cls(value, path)

    def _at(self, name: object) -> str:
        return f"{self.path}.{name}" if self.path else str(name)

    def optional(self, name: str) -> Self | None:
        value = self.members.get(name)
        return None if value is None else self.of(value, self._at(name))

    def child(self, name: str) -> Self:
        """The member's reader; an absent member reads as an empty structure."""
        return self.optional(name) or type(self)({}, self._at(name))

    def children(self) -> Iterator[tuple[str, Self]]:
        for name, value in self.members.items():
            yield clean(str(name)), self.of({} if value is None else value, self._at(name))

    def items(self, name: str) -> Iterator[Self]:
        for index, value in enumerate(self._list(name)):
            yield self.of(value, f"{self._at(name)}[{index}]")

    def text(self, name: str) -> str | None:
        """The member's text; an empty one tells as little as none."""
        value = self.members.get(name)
        if value is None:
            return None
        if isinstance(value, str):
            return clean(value) or None
        raise InvalidTask(f"{self._at(name)}: expected text, got {_show(value)}")

    def texts(self, name: str) -> tuple[str, ...]:
        values = self._list(name)
        for value in values:
            if not isinstance(value, str):
                raise InvalidTask(f"{self._at(name)}: expected texts only, got {_show(value)}")
        return tuple(clean(str(value)) for value in values)

    def texts_by_name(self) -> dict[str, tuple[str, ...]]:
        return {clean(str(name)): self.texts(str(name)) for name in self.members}

    def count(self, name: str) -> int | None:
        value = self.members.get(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise InvalidTask(f"{self._at(name)}: expected a whole number, got {_show(value)}")

    def flag(self, name: str) -> bool | None:
        value = self.members.get(name)
        if value is None or isinstance(value, bool):
            return value
        raise InvalidTask(f"{self._at(name)}: expected true or false, got {_show(value)}")

    def time(self, name: str) -> datetime | None:
        return parse_time(self.members.get(name), self._at(name))

    def _list(self, name: str) -> Sequence[object]:
        value = self.members.get(name)
        if value is None:
            return ()
        if isinstance(value, Sequence) and not isinstance(value, str | bytes):
            return value
        raise InvalidTask(f"{self._at(name)}: expected a list, got {_show(value)}")


def clip(text: str, size: int, ellipsis: str = "…") -> str:
    """At most `size` bytes of UTF-8, as AWS counts; the ellipsis says that something is missing."""
    if len(raw := text.encode()) <= size:
        return text
    return raw[: size - len(ellipsis.encode())].decode(errors="ignore") + ellipsis


def clean(text: str) -> str:
    """Half of a surrogate pair is legal in JSON and nowhere else: it could not be sent on."""
    return text.encode(errors="replace").decode()


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
