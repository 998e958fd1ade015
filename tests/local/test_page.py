"""The page that `preview --open` writes: faithful, self-contained, and safe to open."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from local import page
from local.preview import EXAMPLE_MACHINE, render
from local.saved import read_saved
from mitigation.place import Place
from mitigation.report import Report
from mitigation.words import Clock

EVENTS = Path(__file__).parents[2] / "events"
# Nothing here can load or run anything; `a` leads where its href says.
HARMLESS = {
    *("html", "head", "meta", "title", "style", "body", "section", "h1", "h2", "h3", "div", "p"),
    *("b", "i", "s", "small", "span", "a", "code", "pre", "mark"),
    *("lang", "charset", "http-equiv", "content", "name", "class", "aria-label", "href", "rel"),
}


class Reader(HTMLParser):
    """Each tag with its attributes, the style, and what people read."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = self.style = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.lasttag == "style" and not self.style:
            self.style = data
        else:
            self.text += data


def messages_of(name: str) -> dict[str, Any]:
    executions = EVENTS / "executions" / f"{name}.json"
    task, details = read_saved(EVENTS / "describe" / f"{name}.json", executions)
    place = Place.of_execution(f"{EXAMPLE_MACHINE}:{task.type}-{task.id}")
    return render(Report.of(task, details=details, place=place), Clock())


@pytest.mark.parametrize("name", ["detect-hostile-names", "audit-completed-partly-failed"])
def test_a_page_holds_each_message_word_for_word_and_nothing_that_could_load_or_run(
    name: str,
) -> None:
    messages = messages_of(name)
    reader = Reader(page.render(messages))
    assert messages["email"]["subject"] in reader.text
    assert messages["email"]["body"] in reader.text
    assert messages["sms"] in reader.text
    assert "$" not in re.sub(r"\$\((id|touch)|\"\$(id|input|thing)\"", "", reader.text)
    assert {name for tag, attributes in reader.tags for name in (tag, *attributes)} <= HARMLESS
    shown = [str(block) for block in messages["slack"]["blocks"]]
    own = [url for text in shown for url in re.findall(r"<(https://[^|]+)\|[\w ]+>", text)]
    links = [attributes["href"] for tag, attributes in reader.tags if tag == "a"]
    assert links == [*own, page.builder_link(messages["slack"])]
    assert len(own) == 2


def test_the_policy_allows_the_pages_own_style_and_nothing_else() -> None:
    reader = Reader(page.render(messages_of("detect-failed-partly")))
    [policy] = [each["content"] for _, each in reader.tags if "http-equiv" in each]
    digest = base64.b64encode(hashlib.sha256(reader.style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'"


def test_slack_is_drawn_as_slack_draws_it() -> None:
    text = (
        "*Bold* &lt;b&gt; `co&amp;lt;de`, snake_case_name\n```aws 'x'```<!channel> "
        "<https://a.b/?c=1&amp;d|Ef>"
    )
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]
    assert page.slack({"blocks": blocks}) == (
        '<div class="blocks">\n<div class="section"><b>Bold</b> &lt;b&gt; '
        "<code>co&amp;lt;de</code>, "
        "snake_case_name\n<pre>aws &#x27;x&#x27;</pre><mark>!channel</mark> "
        '<a href="https://a.b/?c=1&amp;d" rel="noreferrer">Ef</a></div>\n</div>'
    )


def test_the_builder_gets_the_blocks_whole() -> None:
    payload = messages_of("detect-hostile-names")["slack"]
    link = urlsplit(page.builder_link(payload))
    assert link.geturl().startswith("https://app.slack.com/block-kit-builder/#")
    assert json.loads(unquote(link.fragment)) == {"blocks": payload["blocks"]}
    assert re.fullmatch(r"[A-Za-z0-9%/_.~-]*", link.fragment)
