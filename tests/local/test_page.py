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
}
ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "class", "aria-label", "href", "rel"),
}


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.style = ""
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._in_style = self._in_style and tag != "style"

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.style += data
        else:
            self.text += data


def messages_of(name: str) -> dict[str, Any]:
    executions = EVENTS / "executions" / f"{name}.json"
    task, details = read_saved(EVENTS / "describe" / f"{name}.json", executions)
    place = Place.of_execution(f"{EXAMPLE_MACHINE}:{task.type}-{task.id}")
    return render(Report.of(task, details=details, place=place), Clock())


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


@pytest.mark.parametrize("name", ["detect-hostile-names", "detect-failed-partly", "detect-longest"])
def test_a_page_holds_nothing_that_could_load_or_run(name: str) -> None:
    messages = messages_of(name)
    reader = read(page.render(messages))
    assert {tag for tag, _ in reader.tags} <= HARMLESS
    assert {key for _, attributes in reader.tags for key in attributes} <= ATTRIBUTES
    shown = [str(block) for block in messages["slack"]["blocks"]]
    own = [url for text in shown for url in re.findall(r"<(https://[^|]+)\|[\w ]+>", text)]
    links = [attributes["href"] for tag, attributes in reader.tags if tag == "a"]
    assert links == [*own, page.builder_link(messages["slack"])]
    assert len(own) == 2
    assert "url(" not in reader.style
    assert "@import" not in reader.style


def test_the_policy_allows_the_pages_own_style_and_nothing_else() -> None:
    reader = read(page.render(messages_of("detect-failed-partly")))
    [policy] = [
        attributes["content"]
        for tag, attributes in reader.tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    digest = base64.b64encode(hashlib.sha256(reader.style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'"


@pytest.mark.parametrize("name", ["detect-hostile-names", "audit-completed-partly-failed"])
def test_a_page_shows_every_message_word_for_word(name: str) -> None:
    messages = messages_of(name)
    text = read(page.render(messages)).text
    assert messages["email"]["subject"] in text
    assert messages["email"]["body"] in text
    assert messages["sms"] in text
    assert "$" not in re.sub(r"\$\((id|touch)|\"\$(id|input|thing)\"", "", text)


def test_slack_is_drawn_as_slack_draws_it() -> None:
    block = {"type": "section", "text": {"type": "mrkdwn"}}
    text = "*Bold* &lt;b&gt; `co&amp;de`, snake_case_name\n```aws 'x'```<!channel> <https://a.b/?c=1&amp;d|Ef>"
    html = page.slack({"blocks": [{**block, "text": {"type": "mrkdwn", "text": text}}]})
    assert html == (
        '<div class="blocks">\n<div class="section"><b>Bold</b> &lt;b&gt; <code>co&amp;de</code>, '
        "snake_case_name\n<pre>aws &#x27;x&#x27;</pre><mark>!channel</mark> "
        '<a href="https://a.b/?c=1&amp;d" rel="noreferrer">Ef</a></div>\n</div>'
    )


def test_the_builder_gets_the_blocks_whole() -> None:
    payload = messages_of("detect-hostile-names")["slack"]
    link = urlsplit(page.builder_link(payload))
    assert (link.scheme, link.netloc, link.path) == (
        "https",
        "app.slack.com",
        "/block-kit-builder/",
    )
    assert json.loads(unquote(link.fragment)) == {"blocks": payload["blocks"]}
    assert re.fullmatch(r"[A-Za-z0-9%/_.~-]*", link.fragment)
