"""The catcher refuses what Slack refuses of a payload, at the limit and no earlier."""

import json
from typing import Any

import pytest

from embedded.slack_limits import SlackRefused, read_payload

type Json = dict[str, Any]


def text(length: int, kind: str = "mrkdwn") -> Json:
    return {"type": kind, "text": "x" * length}


def header(length: int) -> Json:
    return {"type": "header", "text": text(length, "plain_text")}


def section(length: int) -> Json:
    return {"type": "section", "text": text(length)}


def fields(count: int, length: int = 5) -> Json:
    return {"type": "section", "fields": [text(length)] * count}


def context(count: int) -> Json:
    return {"type": "context", "elements": [text(5)] * count}


def button(length: int = 5, **more: Any) -> Json:
    element = {"type": "button", "text": text(length, "plain_text"), **more}
    return {"type": "actions", "elements": [element]}


def refusal(*blocks: object, **more: object) -> str:
    try:
        read_payload(json.dumps({"text": "headline", "blocks": [*blocks], **more}).encode())
    except SlackRefused as error:
        return f"{error}: {error.why}"
    return ""


@pytest.mark.parametrize(
    ("longest", "too_long"),
    [
        (header(150), header(151)),
        (section(3000), section(3001)),
        (fields(10), fields(11)),
        (fields(1, 2000), fields(1, 2001)),
        (context(10), context(11)),
        (button(75), button(76)),
        (button(url="u" * 3000), button(url="u" * 3001)),
        (button(action_id="i" * 255), button(action_id="i" * 256)),
        ({**header(1), "block_id": "i" * 255}, {**header(1), "block_id": "i" * 256}),
    ],
    ids=["header", "section", "fields", "field", "context", "button", "url", "action", "block"],
)
def test_each_limit_is_where_slack_has_it(longest: Json, too_long: Json) -> None:
    assert refusal(longest) == ""
    assert refusal(too_long).startswith("invalid_blocks: ")


def test_fifty_blocks_are_taken_and_one_more_is_not() -> None:
    assert refusal(*[{"type": "divider"}] * 50) == ""
    assert refusal(*[{"type": "divider"}] * 51) == "invalid_blocks: 51 blocks, over 50"


def test_all_texts_together_are_limited_too() -> None:
    assert refusal(*[section(2600)] * 5) == ""
    assert refusal(*[section(2600)] * 5, section(1)).startswith("invalid_blocks: 13001 characters")


@pytest.mark.parametrize(
    ("block", "why"),
    [
        ({"type": "title"}, "blocks[0].type is 'title'"),
        ({}, "blocks[0].type is None"),
        ("text", "blocks[0] is not an object"),
        ({"type": "section"}, "blocks[0] has neither text nor fields"),
        (section(0), "blocks[0].text is empty"),
        ({"type": "header", "text": text(5)}, "blocks[0].text.type is 'mrkdwn'"),
        ({"type": "section", "text": "plain"}, "blocks[0].text is no text object"),
        ({"type": "section", "fields": []}, "blocks[0].fields: expected a list of 1 to 10"),
        (
            {"type": "actions", "elements": [{"type": "select"}]},
            "blocks[0].elements[0] is no button",
        ),
        (button(style="green"), "blocks[0].elements[0].style is 'green'"),
    ],
)
def test_a_broken_block_is_refused(block: object, why: str) -> None:
    assert refusal(block) == f"invalid_blocks: {why}"


def test_blocks_must_be_a_list() -> None:
    assert refusal(blocks={"type": "divider"}) == "invalid_blocks: blocks is not a list"


def test_a_message_must_say_something() -> None:
    assert refusal(text="", blocks=[]) == "no_text: neither text nor blocks"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"payload=%7B%7D", b"\xff"])
def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(SlackRefused, match="invalid_payload"):
        read_payload(body)
