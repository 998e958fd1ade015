"""Slack's mrkdwn, split into the few styles that Slack shows; for looking at messages locally."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

type Style = Literal["plain", "bold", "italic", "strike", "code", "block", "special"]

# A mark counts only at a word's edge: snake_case_names stay as they are.
_TOKEN = re.compile(
    r"```(?P<block>.+?)```"
    r"|`(?P<code>[^`\n]+)`"
    r"|(?<![\w*])\*(?P<bold>(?! )[^*\n]+(?<! ))\*(?![\w*])"
    r"|(?<![\w_])_(?P<italic>(?! )[^_\n]+(?<! ))_(?![\w_])"
    r"|(?<![\w~])~(?P<strike>(?! )[^~\n]+(?<! ))~(?![\w~])"
    r"|<(?P<special>[^<>\n]+)>",
    re.DOTALL,
)
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


@dataclass(frozen=True, slots=True)
class Span:
    """`text` as people read it; `special` is what Slack would make a link or a mention of."""

    text: str
    style: Style


def spans(mrkdwn: str) -> Iterator[Span]:
    end = 0
    for match in _TOKEN.finditer(mrkdwn):
        if match.start() > end:
            yield Span(unescape(mrkdwn[end : match.start()]), "plain")
        style: Style = match.lastgroup  # type: ignore[assignment]  # the groups are the styles
        yield Span(unescape(match[style]).strip("\n"), style)
        end = match.end()
    if end < len(mrkdwn):
        yield Span(unescape(mrkdwn[end:]), "plain")


def unescape(text: str) -> str:
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text
