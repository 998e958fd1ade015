"""One self-contained web page that shows a message as people see it: mail, Slack, phone.

What others wrote is escaped, the page may load nothing and run nothing, and its links lead only to
where the message's own links do, and to Slack's Block Kit Builder.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote

from local.mrkdwn import Span, spans, unescape
from mitigation.messages.sms import DISPLAY_NAME

type Json = Mapping[str, Any]

BUILDER = "https://app.slack.com/block-kit-builder/"
LOCK_SCREEN_LINES = 3

_HERE = Path(__file__).parent
_TAGS = {
    "bold": "b",
    "italic": "i",
    "strike": "s",
    "code": "code",
    "block": "pre",
    "special": "mark",
}


def render(
    messages: Json, *, slack_html: str | None = None, css: str = "", phone: bool = False
) -> str:
    """The page for `preview`'s messages, as three columns; `phone`: each as wide as a phone.

    `slack_html` replaces our rendering of the Slack message by another one, which needs `css`.
    """
    mail, payload = messages["email"], messages["slack"]
    style = css + (_HERE / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return Template((_HERE / "page.html").read_text(encoding="utf-8")).substitute(
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'",
        style=style,
        kind=("phone" if phone else "desktop") + (" picture" if slack_html else ""),
        sender=DISPLAY_NAME,
        subject=escape(mail["subject"]),
        body=escape(mail["body"]),
        glance=escape(" ".join(mail["body"].split("\n")[:LOCK_SCREEN_LINES])),
        fallback=escape(unescape(payload["text"])),
        sms=escape(messages["sms"]),
        slack=slack_html or slack(payload),
        builder=escape(builder_link(payload)),
    )


def builder_link(payload: Json) -> str:
    """Opens the blocks in Slack's Block Kit Builder, to be seen in the real thing."""
    blocks = json.dumps({"blocks": payload["blocks"]}, separators=(",", ":"), ensure_ascii=False)
    return f"{BUILDER}#{quote(blocks)}"


def slack(payload: Json) -> str:
    """HTML of the block types that our messages hold, for a page that can run no script."""
    blocks = "\n".join(part for block in payload["blocks"] for part in _block(block))
    return f'<div class="blocks">\n{blocks}\n</div>'


def _block(block: Json) -> Iterator[str]:
    match block:
        case {"type": "header", "text": text}:
            yield f"<h3>{escape(unescape(text['text']))}</h3>"
        case {"type": "section", "fields": fields}:
            cells = "".join(f"<div>{_html(field['text'])}</div>" for field in fields)
            yield f'<div class="fields">{cells}</div>'
        case {"type": "section", "text": text}:
            yield f'<div class="section">{_html(text["text"])}</div>'
        case {"type": "context", "elements": elements}:
            parts = "".join(f"<div>{_html(element['text'])}</div>" for element in elements)
            yield f'<div class="context">{parts}</div>'
        case {"type": "actions", "elements": elements}:
            buttons = (
                f'<span class="button">{escape(unescape(button["text"]["text"]))}</span>'
                for button in elements
            )
            yield f'<div class="actions">{"".join(buttons)}</div>'
        case _:
            yield f'<div class="context">{escape(str(block.get("type")))}</div>'


def _html(mrkdwn: str) -> str:
    return "".join(map(_span, spans(mrkdwn)))


def _span(span: Span) -> str:
    text = escape(span.text)
    if span.style == "link":
        return f'<a href="{escape(span.url)}" rel="noreferrer">{text}</a>'
    tag = _TAGS.get(span.style)
    return f"<{tag}>{text}</{tag}>" if tag else text
