"""AWS IoT's restJson1 protocol, by botocore's own service model: requests in, answers out."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from botocore.model import OperationModel, Shape
from botocore.utils import parse_timestamp

from embedded.checked import parse_time
from embedded.iot_model import MODEL, OPERATIONS, REGISTRY_OPERATIONS

# AWS's own documented example of a violation id breaks the pattern in AWS's own model.
_UNCHECKED_PATTERNS = ("ViolationId",)


class Refused(Exception):  # noqa: N818  the service's answer, not a fault of ours
    """An AWS error answer."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """One call: `parameters` as boto3 was given them."""

    operation: str
    parameters: Mapping[str, Any]


def read_request(
    method: str, target: str, body: bytes, headers: Mapping[str, str] = MappingProxyType({})
) -> Request:
    """The call in an HTTP request; raises Refused for what the service model does not allow."""
    url = urlsplit(target)
    for name, pattern in _ROUTES:
        operation = MODEL.operation_model(name)
        if operation.http["method"] == method and (path := pattern.fullmatch(url.path)):
            uri = {key: unquote(value) for key, value in path.groupdict().items()}
            query = dict(parse_qsl(url.query, keep_blank_values=True))
            return Request(name, _parameters(operation, (uri, query, headers), body))
    raise Refused("UnknownOperationException", f"{method} {url.path} is not played here", 404)


def write_answer(operation: str, answer: Mapping[str, Any]) -> bytes:
    """The answer's JSON body: times become seconds since 1970, all else stays as it is.

    Members that the model does not know, and values of a wrong type, stay too: an answer may be
    wrong on purpose.
    """
    shape = MODEL.operation_model(operation).output_shape
    if shape is None:
        return b""
    body = {key: value for key, value in answer.items() if key != "ResponseMetadata"}
    return json.dumps(_to_wire(shape, body)).encode()


def _routes() -> Iterator[tuple[str, re.Pattern[str]]]:
    for name in (*OPERATIONS, *REGISTRY_OPERATIONS):
        uri = MODEL.operation_model(name).http["requestUri"]
        yield name, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", uri))


_ROUTES = tuple(_routes())
_LOCATIONS = ("uri", "querystring", "header")


def _parameters(
    operation: OperationModel, outside: tuple[Mapping[str, str], ...], body: bytes
) -> dict[str, Any]:
    shape = operation.input_shape
    assert shape is not None  # noqa: S101  each of OPERATIONS asks something
    try:
        document = json.loads(body or b"{}")
    except ValueError:
        raise Refused("InvalidRequestException", "the body is not JSON") from None
    parameters: dict[str, Any] = {}
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        key = member.serialization.get("name", name)
        sources: dict[object, Mapping[str, Any]] = dict(zip(_LOCATIONS, outside, strict=True))
        source = sources.get(location, document)
        if key in source:
            parameters[name] = _from_text(member, name, source[key]) if location else source[key]
    _validate(shape, parameters, "")
    return parameters


def _from_text(shape: Shape, name: str, text: str) -> object:
    """A parameter of the path or the query string, by its type."""
    try:
        match shape.type_name:
            case "integer" | "long":
                return int(text)
            case "boolean":
                return text == "true"
            case "timestamp":
                return parse_timestamp(text)
    except ValueError:
        raise _invalid(text, name, f"Member must be a {shape.type_name}") from None
    return text


def _validate(shape: Any, value: Any, where: str) -> None:
    """What AWS checks before it looks at anything: presence, lengths, ranges, patterns, enums."""
    match shape.type_name:
        case "structure":
            for name in shape.required_members:
                if name not in value:
                    raise _invalid(None, _join(where, name), "Member must not be null")
            for name, member in shape.members.items():
                if name in value:
                    _validate(member, value[name], _join(where, name))
        case "list":
            _check_range(shape, len(value), value, where, "have length")
            for item in value:
                _validate(shape.member, item, where)
        case "map":
            for item in value.values():
                _validate(shape.value, item, where)
        case "string":
            _check_range(shape, len(value), value, where, "have length")
            pattern = shape.metadata.get("pattern")
            checked = shape.name not in _UNCHECKED_PATTERNS
            if pattern and checked and not re.fullmatch(pattern, value):
                constraint = f"Member must satisfy regular expression pattern: {pattern}"
                raise _invalid(value, where, constraint)
            if shape.enum and value not in shape.enum:
                constraint = f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
                raise _invalid(value, where, constraint)
        case "integer" | "long":
            _check_range(shape, value, value, where, "have value")


def _check_range(shape: Shape, size: int, value: object, where: str, what: str) -> None:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        raise _invalid(value, where, f"Member must {what} greater than or equal to {low}")
    if high is not None and size > high:
        raise _invalid(value, where, f"Member must {what} less than or equal to {high}")


def _to_wire(shape: Any, value: Any) -> Any:
    match shape.type_name, value:
        case "structure", Mapping():
            members = shape.members
            return {k: _to_wire(members[k], v) if k in members else v for k, v in value.items()}
        case "map", Mapping():
            return {key: _to_wire(shape.value, item) for key, item in value.items()}
        case "list", list():
            return [_to_wire(shape.member, item) for item in value]
        case "timestamp", str() if moment := parse_time(value):
            return moment.timestamp()
    return value


def _invalid(value: object, where: str, constraint: str) -> Refused:
    shown = "null" if value is None else value
    return Refused(
        "InvalidRequestException",
        f"1 validation error detected: Value '{shown}' at '{where}' failed to satisfy "
        f"constraint: {constraint}",
    )


def _join(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
