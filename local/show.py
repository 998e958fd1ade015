"""Messages in the terminal, as people see them; lines stay whole, so commands can be copied."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.text import Text

from embedded.fake_slack import Post
from local.mrkdwn import Span, spans, unescape
from mitigation.messages.sms import DISPLAY_NAME

type Json = Mapping[str, Any]

_STYLES = {
    "plain": "",
    "bold": "bold",
    "italic": "italic",
    "strike": "strike",
    "code": "cyan",
    "block": "cyan",
    "link": "underline",
    "special": "reverse",
}


def show(console: Console, title: str, body: RenderableType) -> None:
    console.print(Rule(title, align="left", style="dim"))
    console.print(body, soft_wrap=True, highlight=False)
    console.print()


def email(subject: str, body: str) -> RenderableType:
    return Group(Text(f"Subject: {subject}", style="bold"), Text(), Text(body))


def sms(text: str) -> RenderableType:
    before = f"{DISPLAY_NAME.upper()}> "
    length = f"{len(before + text)} characters, with what SNS puts before it"
    return Text(f"{before}{text}\n") + Text(length, style="dim")


def slack(payload: Json) -> RenderableType:
    """The blocks of a payload, or its text where it has none."""
    blocks = payload.get("blocks") or [
        {"type": "section", "text": {"type": "mrkdwn", "text": payload.get("text", "")}}
    ]
    return Group(*(part for block in blocks for part in _block(block)))


def slack_title(post: Post) -> str:
    """What became of it: a message, an edit of one, a reply."""
    if post.method == "chat.update":
        return "Slack, the same message, edited"
    payload = post.payload or {}
    if "thread_ts" not in payload:
        return "Slack"
    seen = ", shown in the channel too" if payload.get("reply_broadcast") else ""
    return f"Slack, in the thread{seen}"


def amazon_q(notification: Json) -> RenderableType:
    content = notification["content"]
    steps = (f"→ {step}" for step in content["nextSteps"])
    lines = [content["description"], *steps]
    title = Text(_without_escapes(content["title"]), style="bold")
    return Group(title, *(Text(_without_escapes(line)) for line in lines))


def _without_escapes(markdown: str) -> str:
    return re.sub(r"\\(\W)", r"\1", markdown)


def _block(block: Json) -> Iterator[RenderableType]:
    match block:
        case {"type": "header", "text": text}:
            yield Text(unescape(text["text"]), style="bold underline")
        case {"type": "section", "fields": fields}:
            # A field is a title and a value on two lines; one line is calmer here.
            yield Text("   ").join(_text(field["text"].replace("\n", " ")) for field in fields)
        case {"type": "section", "text": text}:
            yield Text()
            yield _text(text["text"])
        case {"type": "context", "elements": elements}:
            yield from (_text(element["text"], "dim") for element in elements)
        case {"type": "actions", "elements": elements}:
            yield Text()
            yield Text("  ").join(
                Text(f"[ {button['text']['text']} ]", "bold") for button in elements
            )
        case _:
            yield Text(f"({block.get('type')})", style="dim")


def _text(mrkdwn: str, style: str = "") -> Text:
    parts = [(_shown(span), _STYLES[span.style]) for span in spans(mrkdwn)]
    text = Text.assemble(*parts, style=style)
    text.rstrip()
    return text


def _shown(span: Span) -> str:
    match span.style:
        case "block":
            return f"\n{span.text}\n"
        case "link":
            return f"{span.text} ({span.url})"
    return span.text
