"""The catcher refuses what Slack refuses of a payload, at the limit and no earlier."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from embedded.slack_limits import CONFIRM_LENGTHS, SlackRefused, read_payload

type Json = dict[str, Any]


def text(length: int = 5, kind: str = "mrkdwn") -> Json:
    return {"type": kind, "text": "x" * length}


def plain(length: int = 5) -> Json:
    return text(length, "plain_text")


def section(length: int) -> Json:
    return {"type": "section", "text": text(length)}


def fields(count: int, length: int = 5) -> Json:
    return {"type": "section", "fields": [text(length)] * count}


def button(length: int = 5, **more: Any) -> Json:
    element = {"type": "button", "text": plain(length), **more}
    return {"type": "actions", "elements": [element]}


def confirm(part: str, length: int) -> Json:
    return button(confirm={**{name: plain() for name in CONFIRM_LENGTHS}, part: plain(length)})


def refusal(*blocks: object, **more: object) -> str:
    try:
        read_payload(json.dumps({"text": "headline", "blocks": [*blocks], **more}).encode())
    except SlackRefused as error:
        return f"{error}: {error.why}"
    return ""


@pytest.mark.parametrize(
    ("most", "block"),
    [
        (150, lambda length: {"type": "header", "text": plain(length)}),
        (3000, section),
        (10, fields),
        (2000, lambda length: fields(1, length)),
        (10, lambda count: {"type": "context", "elements": [text()] * count}),
        (25, lambda count: {"type": "actions", "elements": button()["elements"] * count}),
        (75, button),
        (3000, lambda length: button(url="u" * length)),
        (2000, lambda length: button(value="v" * length)),
        (255, lambda length: button(action_id="i" * length)),
        (255, lambda length: section(5) | {"block_id": "i" * length}),
        (100, lambda length: confirm("title", length)),
        (300, lambda length: confirm("text", length)),
        (30, lambda length: confirm("deny", length)),
    ],
)
def test_each_limit_is_where_slack_has_it(most: int, block: Callable[[int], Json]) -> None:
    assert refusal(block(most)) == ""
    assert refusal(block(most + 1)).startswith("invalid_blocks: ")


@pytest.mark.parametrize(
    ("most", "one_more"),
    [
        ([{"type": "divider"}] * 50, {"type": "divider"}),
        ([section(2600)] * 5, section(1)),
    ],
    ids=["blocks", "characters"],
)
def test_all_together_are_limited_too(most: list[Json], one_more: Json) -> None:
    assert refusal(*most) == ""
    assert refusal(*most, one_more).startswith("invalid_blocks: ")


@pytest.mark.parametrize(
    ("block", "why"),
    [
        ({"type": "title"}, "blocks[0].type is 'title'"),
        ({}, "blocks[0].type is None"),
        ("text", "blocks[0] is not an object"),
        ({"type": "section"}, "blocks[0] has neither text nor fields"),
        (section(0), "blocks[0].text is empty"),
        ({"type": "header", "text": text()}, "blocks[0].text.type is 'mrkdwn'"),
        ({"type": "section", "text": "plain"}, "blocks[0].text is no text object"),
        (fields(0), "blocks[0].fields: expected a list of 1 to 10"),
        ({"type": "actions", "elements": [text()]}, "blocks[0].elements[0] is no button"),
        (button(style="green"), "blocks[0].elements[0].style is 'green'"),
    ],
)
def test_a_broken_block_is_refused(block: object, why: str) -> None:
    assert refusal(block) == f"invalid_blocks: {why}"


def test_blocks_are_a_list_and_a_message_says_something() -> None:
    assert refusal(blocks={"type": "divider"}) == "invalid_blocks: blocks is not a list"
    assert refusal(text="", blocks=[]) == "no_text: neither text nor blocks"


@pytest.mark.parametrize("body", [b"", b"[]", b"payload=%7B%7D", b"\xff"])
def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(SlackRefused, match="invalid_payload"):
        read_payload(body)
