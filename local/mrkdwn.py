"""Slack's mrkdwn, split into the few styles that Slack shows; for looking at messages locally."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

type Style = Literal["plain", "bold", "italic", "strike", "code", "block", "link", "special"]

# A mark counts only at a word's edge: snake_case_names stay as they are.
_TOKEN = re.compile(
    r"```(?P<block>.+?)```"
    r"|`(?P<code>[^`\n]+)`"
    r"|(?<![\w*])\*(?P<bold>(?! )[^*\n]+(?<! ))\*(?![\w*])"
    r"|(?<![\w_])_(?P<italic>(?! )[^_\n]+(?<! ))_(?![\w_])"
    r"|(?<![\w~])~(?P<strike>(?! )[^~\n]+(?<! ))~(?![\w~])"
    r"|<(?P<link>https://[^<>|\n]+\|[^<>\n]+)>"
    r"|<!date\^\d+\^[^<>|^\n]+\|(?P<plain>[^<>|\n]+)>"
    r"|<(?P<special>[^<>\n]+)>",
    re.DOTALL,
)
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


@dataclass(frozen=True, slots=True)
class Span:
    """`text` as people read it, dates as their fallback; `special` would be a mention in Slack."""

    text: str
    style: Style
    url: str = ""  # of a link


def spans(mrkdwn: str) -> Iterator[Span]:
    end = 0
    for match in _TOKEN.finditer(mrkdwn):
        if match.start() > end:
            yield Span(unescape(mrkdwn[end : match.start()]), "plain")
        style: Style = match.lastgroup  # type: ignore[assignment]  # the groups are the styles
        url, _, title = match[style].partition("|") if style == "link" else ("", "", match[style])
        yield Span(unescape(title).strip("\n"), style, unescape(url))
        end = match.end()
    if end < len(mrkdwn):
        yield Span(unescape(mrkdwn[end:]), "plain")


def unescape(text: str) -> str:
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text
