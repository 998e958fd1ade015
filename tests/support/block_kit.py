"""Slack payloads through slack_sdk's own models, and the texts that people see in them."""

import re
from collections.abc import Mapping
from typing import Any

from slack_sdk.models.blocks import Block


def problems(payload: Mapping[str, Any]) -> list[str]:
    """What slack_sdk's models don't take, or don't give back as it was."""
    found = []
    for number, block in enumerate(payload["blocks"]):
        model = Block.parse(block)
        if model is None:
            found.append(f"blocks[{number}]: no such type of block: {block.get('type')!r}")
            continue
        model.validate_json()  # raises SlackObjectFormationError
        if model.to_dict() != block:
            found.append(f"blocks[{number}]: {block} reads as {model.to_dict()}")
    return found


def without_links(text: str) -> str:
    """The text with our own links as what people read of them: any other `<` stays."""
    return re.sub(r"<https://[\w.-]+/[\w/?=&;#:%.~-]*\|(AWS IoT console|Execution)>", r"\1", text)
