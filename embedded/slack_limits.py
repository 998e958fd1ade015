"""What Slack refuses of a webhook's payload: Block Kit's limits.

Source: https://docs.slack.dev/reference/block-kit/blocks/ and the objects it links to; the total
is what was seen to be refused.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

MAX_BLOCKS = 50
HEADER_LENGTH = 150
TEXT_LENGTH = 3_000
MAX_FIELDS = 10
FIELD_LENGTH = 2_000
MAX_CONTEXT_ELEMENTS = 10
VALUE_LENGTH = 2_000
CONFIRM_LENGTHS = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
MAX_ACTION_ELEMENTS = 25
BUTTON_LENGTH = 75
URL_LENGTH = 3_000
ID_LENGTH = 255
TOTAL_LENGTH = 13_000  # of all texts


class SlackRefused(ValueError):  # noqa: N818  the provider's answer, not a fault of ours
    """The message is Slack's own error string; `why` is for whoever looks at a local run."""

    def __init__(self, error: str, why: str) -> None:
        super().__init__(error)
        self.why = why


def read_payload(body: bytes) -> dict[str, Any]:
    """The payload that Slack would show; raises SlackRefused."""
    try:
        payload = json.loads(body)
    except ValueError:
        raise SlackRefused("invalid_payload", "the body is not JSON") from None
    if not isinstance(payload, dict):
        raise SlackRefused("invalid_payload", "the body is not a JSON object")
    check_message(payload)
    return payload


def check_message(payload: Mapping[str, Any]) -> None:
    """Raises SlackRefused for a message, sent in whatever way, that Slack would not take."""
    blocks = payload.get("blocks")
    if not (payload.get("text") or blocks or payload.get("attachments")):
        raise SlackRefused("no_text", "neither text nor blocks")
    if blocks is not None:
        _check_blocks(blocks)


def _check_blocks(blocks: object) -> None:
    _expect(isinstance(blocks, list), "blocks is not a list")
    assert isinstance(blocks, list)  # noqa: S101  for mypy: _expect has raised otherwise
    _expect(len(blocks) <= MAX_BLOCKS, f"{len(blocks)} blocks, over {MAX_BLOCKS}")
    for number, block in enumerate(blocks):
        where = f"blocks[{number}]"
        _expect(isinstance(block, dict), f"{where} is not an object")
        check = _CHECKS.get(block.get("type", ""))
        if check is None:
            raise SlackRefused("invalid_blocks", f"{where}.type is {block.get('type')!r}")
        _expect(len(block.get("block_id", "")) <= ID_LENGTH, f"{where}.block_id is too long")
        check(block, where)
    total = sum(len(each["text"]) for each in texts(blocks))
    _expect(total <= TOTAL_LENGTH, f"{total} characters of text, over {TOTAL_LENGTH}")


def texts(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every text object in these blocks, however deep."""
    match value:
        case {"type": "plain_text" | "mrkdwn", "text": str()}:
            yield value
        case Mapping():
            for item in value.values():
                yield from texts(item)
        case list():
            for item in value:
                yield from texts(item)


def _header(block: Mapping[str, Any], where: str) -> None:
    _text(block.get("text"), f"{where}.text", HEADER_LENGTH, "plain_text")


def _section(block: Mapping[str, Any], where: str) -> None:
    _expect("text" in block or "fields" in block, f"{where} has neither text nor fields")
    if "text" in block:
        _text(block["text"], f"{where}.text", TEXT_LENGTH)
    if "fields" in block:
        for number, field in enumerate(_some(block["fields"], f"{where}.fields", MAX_FIELDS)):
            _text(field, f"{where}.fields[{number}]", FIELD_LENGTH)
    if "accessory" in block:
        _element(block["accessory"], f"{where}.accessory")


def _context(block: Mapping[str, Any], where: str) -> None:
    elements = _some(block.get("elements"), f"{where}.elements", MAX_CONTEXT_ELEMENTS)
    for number, element in enumerate(elements):
        _text(element, f"{where}.elements[{number}]", TEXT_LENGTH)


def _actions(block: Mapping[str, Any], where: str) -> None:
    elements = _some(block.get("elements"), f"{where}.elements", MAX_ACTION_ELEMENTS)
    for number, element in enumerate(elements):
        _element(element, f"{where}.elements[{number}]")


def _divider(block: Mapping[str, Any], where: str) -> None:
    """Has nothing that could be wrong."""


def _element(element: object, where: str) -> None:
    """Buttons are all that a webhook's message can carry to some use."""
    _expect(isinstance(element, dict) and element.get("type") == "button", f"{where} is no button")
    assert isinstance(element, dict)  # noqa: S101  for mypy: _expect has raised otherwise
    _text(element.get("text"), f"{where}.text", BUTTON_LENGTH, "plain_text")
    _expect(len(element.get("url", "")) <= URL_LENGTH, f"{where}.url is too long")
    _expect(len(element.get("action_id", "")) <= ID_LENGTH, f"{where}.action_id is too long")
    _expect(len(element.get("value", "")) <= VALUE_LENGTH, f"{where}.value is too long")
    if confirm := element.get("confirm"):
        for part, longest in CONFIRM_LENGTHS.items():
            _text(confirm.get(part), f"{where}.confirm.{part}", longest, "plain_text")
    style = element.get("style", "primary")
    _expect(style in ("primary", "danger"), f"{where}.style is {style!r}")


def _text(value: object, where: str, longest: int, *types: str) -> None:
    match value:
        case {"type": str(kind), "text": str(text)}:
            _expect(kind in (types or ("plain_text", "mrkdwn")), f"{where}.type is {kind!r}")
            _expect(len(text) > 0, f"{where} is empty")
            _expect(len(text) <= longest, f"{where}: {len(text)} characters, over {longest}")
        case _:
            _expect(False, f"{where} is no text object")


def _some(value: object, where: str, most: int) -> list[object]:
    if not isinstance(value, list) or not 1 <= len(value) <= most:
        raise SlackRefused("invalid_blocks", f"{where}: expected a list of 1 to {most}")
    return value


def _expect(holds: bool, why: str) -> None:
    if not holds:
        raise SlackRefused("invalid_blocks", why)


_CHECKS: dict[str, Callable[[Mapping[str, Any], str], None]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "divider": _divider,
}
