"""`preview` shows saved answers as the functions would tell of them, and names what is wrong.

Its page is faithful and safe to open; the documents' pictures are drawn of such pages.
"""

import argparse
import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import webbrowser
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from embedded.process import ROOT
from embedded.slack_limits import texts
from local import page, preview
from local.mrkdwn import spans

EVENTS = ROOT / "events"
PARTLY, DETECT, AUDIT = "detect-failed-partly", "detect-failed", "audit-failed"
GOV = "arn:aws-us-gov:states:us-gov-west-1:210987654321:execution:Mine:detect-quarantine-7"

type Capture = pytest.CaptureFixture[str]


def run(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    preview.add_arguments(parser)
    return preview.run(parser.parse_args([str(argument) for argument in arguments]))


def saved(name: str) -> list[object]:
    """The arguments for a saved answer, with its rows where it has some."""
    executions = EVENTS / "executions" / f"{name}.json"
    more = ["--executions", executions] if executions.exists() else []
    return [EVENTS / "describe" / f"{name}.json", *more]


@pytest.fixture
def messages(capsys: Capture) -> Any:
    def render(*arguments: object) -> dict[str, Any]:
        assert run(*arguments, "--json") == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return render


def test_the_terminal_shows_every_message_in_whole_lines(capsys: Capture, messages: Any) -> None:
    message = messages(*saved("audit-canceled"))
    assert run(*saved("audit-canceled")) == 0
    shown = capsys.readouterr().out
    for text in ("E-mail", "Slack", "SMS", "Amazon Q Developer", *message["email"].values()):
        assert text in shown
    parts = [part for text in texts(message["slack"]["blocks"]) for part in spans(text["text"])]
    lines = [line for part in parts for line in (*part.text.split("\n"), part.url)]
    assert len(lines) > 20
    assert [line for line in lines if line not in shown.partition("Slack ─")[2]] == []


@pytest.mark.parametrize("target", [{"findingIds": ["f-1"]}, {"auditTaskId": "0" * 32}])
def test_rows_may_be_a_bare_list_and_those_of_an_audit_without_their_findings(
    messages: Any, tmp_path: Path, target: Any
) -> None:
    answer, rows = tmp_path / "a.json", tmp_path / "rows.json"
    answer.write_text(json.dumps({"taskStatus": "FAILED", "target": target}))
    rows.write_text('[{"findingId": "f-1", "status": "FAILED", "errorCode": "AccessDenied"}]')
    body = messages(answer, "--executions", rows)["email"]["body"]
    assert "AccessDenied (1): f-1" in body


def test_an_answer_without_its_tasks_id_takes_it_from_the_rows_or_the_file(messages: Any) -> None:
    answer = saved(AUDIT)[0]
    assert "] audit-fix-policies: " in messages(*saved(AUDIT))["email"]["subject"]
    assert "] audit-failed: " in messages(answer)["email"]["subject"]
    assert "] mine-3: " in messages(answer, "--task-id", "mine-3")["email"]["subject"]


def test_one_channel_is_shown_alone(messages: Any, capsys: Capture) -> None:
    assert list(messages(*saved(DETECT), "--channel", "sms")) == ["verdict", "sms"]
    assert run(*saved(DETECT), "--channel", "sms") == 0
    assert capsys.readouterr().out.startswith("SMS ─")


def test_of_a_slack_app_its_message_and_the_reply_are_shown_where_asked_for(messages: Any) -> None:
    for name, count in (("detect-in-progress", 1), (PARTLY, 2)):
        assert len(messages(*saved(name), "--channel", "slack-app")["slack-app"]) == count


def test_times_are_shown_in_the_zone_that_is_asked_for(messages: Any) -> None:
    body = messages(*saved(PARTLY), "--time-zone", "Asia/Kolkata")["email"]["body"]
    assert "Started 2026-11-22 15:31:07 IST (10:01:07 UTC)" in body


def test_account_and_region_are_said_to_be_examples_unless_an_execution_is_named(
    capsys: Capture,
) -> None:
    assert run(*saved(PARTLY)) == 0
    assert "examples" in capsys.readouterr().err
    assert run(*saved(PARTLY), "--execution-arn", GOV) == 0
    own = capsys.readouterr()
    assert "Account 210987654321, region us-gov-west-1" in own.out
    assert own.err == ""


STATISTICS = '{"taskSummary": {"taskStatistics": {"actionsFailed": "3"}}}'
SHAPE = "expected a list of objects, as in"


@pytest.mark.parametrize(
    ("answer", "more", "rows", "expected"),
    [
        ('{"taskSummary": {\n  "taskId": "a', [], "", "a.json:2:13: not complete, valid JSON"),
        ("[]", [], "", "a.json: the Describe answer: expected an object, got []"),
        (STATISTICS, [], "", "a.json: taskSummary.taskStatistics.actionsFailed: expected a whole"),
        ('{"actionsExecutions": []}', [], "", "a.json: not a Describe answer: expected taskSumm"),
        ("{}", ["--time-zone", "Europe/Berln"], "", "'Europe/Berln' is not known: Europe/Berlin"),
        ("{}", ["--execution-arn", "arn:aws:x"], "", "--execution-arn: expected arn:PARTITION:sta"),
        ("{}", ["--task-id", "a/b"], "", "taskId: expected 1 to 128 of"),
        ("{}", ["--executions", "gone.json"], "", "gone.json: No such file or directory"),
        ("{}", [], "{}", 'expected {"actionsExecutions": […]}'),
        ("{}", [], '{"actionsExecutions": {}}', f"actionsExecutions: {SHAPE}"),
        ("{}", [], "[1]", f"actionsExecutions: {SHAPE}"),
        ("{}", [], '{"actionsExecutions": [], "findings": 1}', f"findings: {SHAPE}"),
        ('{"taskSummary": {}}', [], '[{"status": 3}]', "the action executions could not be read"),
        ("{}", ["--task-id", "x"], '[{"taskId": "y"}]', "rows of task 'y', not of 'x'"),
    ],
)
def test_bad_input_is_refused_in_one_line_that_names_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: Capture,
    answer: str,
    more: list[str],
    rows: str,
    expected: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text(answer)
    Path("rows.json").write_text(rows)
    assert run("a.json", *more, *(["--executions", "rows.json"] if rows else [])) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.splitlines()) == 1
    assert expected in told.err


def test_the_command_line_shows_hostile_names_on_a_terminal_that_takes_ascii_alone() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "local", "preview", *map(str, saved("detect-hostile-names"))],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("display", ["", "wayland-0"])
def test_open_writes_a_page_and_opens_it_where_there_is_a_display(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, display: str
) -> None:
    opened: list[str] = []

    def remember(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", remember)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("WAYLAND_DISPLAY", display)
    assert run(*saved(DETECT), "--open") == 0
    told = capsys.readouterr()
    [path] = tmp_path.iterdir()
    assert "deactivate-2026-11-22" in path.read_text(encoding="utf-8")
    assert told.out == f"{path}\n"
    assert opened == ([path.as_uri()] if display else [])
    assert ("open the page in a browser yourself" in told.err) != bool(display)


# Nothing here can load or run anything; `a` leads where its href says.
HARMLESS = {
    *("html", "head", "meta", "title", "style", "body", "section", "h1", "h2", "h3", "div", "p"),
    *("b", "i", "s", "small", "span", "a", "code", "pre", "mark"),
    *("lang", "charset", "http-equiv", "content", "name", "class", "aria-label", "href", "rel"),
}


class Reader(HTMLParser):
    """Each tag with its attributes, and what people read."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("name", ["detect-hostile-names", "audit-completed-partly-failed"])
def test_a_page_holds_each_message_word_for_word_and_nothing_that_could_load_or_run(
    messages: Any, name: str
) -> None:
    message = messages(*saved(name))
    reader = Reader(page.render(message))
    for text in (*message["email"].values(), message["sms"]):
        assert text in reader.text
    assert {name for tag, attributes in reader.tags for name in (tag, *attributes)} <= HARMLESS
    shown = [str(block) for block in message["slack"]["blocks"]]
    own = [url for text in shown for url in re.findall(r"<(https://[^|]+)\|[\w ]+>", text)]
    links = [attributes["href"] for tag, attributes in reader.tags if tag == "a"]
    assert links == [*own, page.builder_link(message["slack"])]
    [policy] = [each["content"] for _, each in reader.tags if "http-equiv" in each]
    style = (ROOT / "local" / "page.css").read_bytes()
    digest = base64.b64encode(hashlib.sha256(style).digest()).decode()
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


def test_the_builder_gets_the_blocks_whole(messages: Any) -> None:
    payload = messages(*saved("detect-hostile-names"))["slack"]
    address, _, fragment = page.builder_link(payload).partition("#")
    assert address == "https://app.slack.com/block-kit-builder/"
    assert json.loads(unquote(fragment)) == {"blocks": payload["blocks"]}
    assert re.fullmatch(r"[A-Za-z0-9%/_.~-]*", fragment)


def test_every_picture_that_the_documents_show_is_there() -> None:
    documents = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    contents = [path.read_text(encoding="utf-8") for path in documents]
    shown = {name for text in contents for name in re.findall(r"pictures/[a-z-]+\.png", text)}
    assert shown
    assert [name for name in shown if not (ROOT / "docs" / name).exists()] == []
