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
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

from embedded.process import ROOT
from embedded.slack_limits import texts
from local import page, preview
from local.mrkdwn import spans

EVENTS = ROOT / "events"
PARTLY, DETECT, AUDIT = "detect-failed-partly", "detect-failed", "audit-failed"
HOSTILE = "detect-hostile-names"
GOV = "arn:aws-us-gov:states:us-gov-west-1:210987654321:execution:Mine:detect-quarantine-7"

type Call = Callable[..., Any]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Call:
    """What it prints; it has to end with this status."""

    def told(*arguments: object, status: int = 0) -> Any:
        parser = argparse.ArgumentParser()
        preview.add_arguments(parser)
        assert preview.run(parser.parse_args([*map(str, arguments)])) == status
        return capsys.readouterr()

    return told


def messages(told: Call, *arguments: object) -> Any:
    return json.loads(told(*arguments, "--json").out)


def saved(name: str) -> list[object]:
    """The arguments for a saved answer, with its rows where it has some."""
    executions = EVENTS / "executions" / f"{name}.json"
    more = ["--executions", executions] if executions.exists() else []
    return [EVENTS / "describe" / f"{name}.json", *more]


def test_the_terminal_shows_every_message_in_whole_lines(told: Call) -> None:
    message = messages(told, *saved("audit-canceled"))
    shown = told(*saved("audit-canceled")).out
    for text in ("E-mail", "Slack", "SMS", "Amazon Q Developer", *message["email"].values()):
        assert text in shown
    parts = [part for text in texts(message["slack"]["blocks"]) for part in spans(text["text"])]
    lines = [line for part in parts for line in (*part.text.split("\n"), part.url)]
    assert len(lines) > 20
    assert [line for line in lines if line not in shown.partition("Slack ─")[2]] == []


@pytest.mark.parametrize("target", [{"findingIds": ["f-1"]}, {"auditTaskId": "0" * 32}])
def test_rows_may_be_a_bare_list_and_those_of_an_audit_without_their_findings(
    told: Call, tmp_path: Path, target: Any
) -> None:
    answer, rows = tmp_path / "a.json", tmp_path / "rows.json"
    answer.write_text(json.dumps({"taskStatus": "FAILED", "target": target}))
    rows.write_text('[{"findingId": "f-1", "status": "FAILED", "errorCode": "AccessDenied"}]')
    body = messages(told, answer, "--executions", rows)["email"]["body"]
    assert "AccessDenied (1): f-1" in body


def test_a_task_without_an_id_gets_that_of_its_rows_or_its_file(told: Call) -> None:
    answer = saved(AUDIT)[0]
    assert "] audit-fix-policies: " in messages(told, *saved(AUDIT))["email"]["subject"]
    assert "] audit-failed: " in messages(told, answer)["email"]["subject"]
    assert "] mine-3: " in messages(told, answer, "--task-id", "mine-3")["email"]["subject"]


def test_one_channel_is_shown_alone(told: Call) -> None:
    assert list(messages(told, *saved(DETECT), "--channel", "sms")) == ["verdict", "sms"]
    assert told(*saved(DETECT), "--channel", "sms").out.startswith("SMS ─")
    for name, count in (("detect-in-progress", 1), (PARTLY, 2)):  # the task's message, a reply
        assert len(messages(told, *saved(name), "--channel", "slack-app")["slack-app"]) == count


def test_account_and_region_are_called_examples_unless_an_execution_is_named(told: Call) -> None:
    assert "examples" in told(*saved(PARTLY)).err
    own = told(*saved(PARTLY), "--execution-arn", GOV, "--time-zone", "Asia/Kolkata")
    assert "Account 210987654321, region us-gov-west-1" in own.out
    assert "Started 2026-11-22 15:31:07 IST (10:01:07 UTC)" in own.out
    assert own.err == ""


STATISTICS = '{"taskSummary": {"taskStatistics": {"actionsFailed": "3"}}}'


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
        ("{}", [], "[1]", "actionsExecutions: expected a list of objects, as in"),
        ('{"taskSummary": {}}', [], '[{"status": 3}]', "the action executions could not be read"),
        ("{}", ["--task-id", "x"], '[{"taskId": "y"}]', "rows of task 'y', not of 'x'"),
    ],
)
def test_bad_input_is_refused_in_one_line_that_names_what_is_wrong(
    told: Call, tmp_path: Path, answer: str, more: list[str], rows: str, expected: str
) -> None:
    (tmp_path / "a.json").write_text(answer)
    (tmp_path / "rows.json").write_text(rows)
    executions = ["--executions", tmp_path / "rows.json"] if rows else []
    said = told(tmp_path / "a.json", *more, *executions, status=2)
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert expected in said.err


def test_the_command_line_shows_hostile_names_on_a_terminal_that_takes_ascii_alone() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "local", "preview", *map(str, saved(HOSTILE))],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("display", ["", "wayland-0"])
def test_open_writes_a_page_and_opens_it_where_there_is_a_display(
    told: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, display: str
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
    said = told(*saved(DETECT), "--open")
    [path] = tmp_path.iterdir()
    assert "deactivate-2026-11-22" in path.read_text(encoding="utf-8")
    assert said.out == f"{path}\n"
    assert opened == ([path.as_uri()] if display else [])
    assert ("open the page in a browser yourself" in said.err) != bool(display)


# Nothing here can load or run anything; `a` leads where its href says.
HARMLESS = {
    *("html", "head", "meta", "title", "style", "body", "section", "h1", "h2", "h3", "div", "p"),
    *("b", "i", "s", "small", "span", "a", "code", "pre", "mark"),
    *("lang", "charset", "http-equiv", "content", "name", "class", "aria-label", "href", "rel"),
}


def test_a_page_holds_each_message_word_for_word_and_nothing_that_could_load_or_run(
    told: Call,
) -> None:
    message = messages(told, *saved(HOSTILE))
    html = "<html" + page.render(message).partition("<html")[2]
    closed = re.sub(r"(<meta [^>]*)>", r"\1/>", html)  # so it is XML, if all in it is escaped
    root = ET.fromstring(closed)  # noqa: S314  our own page
    read, tags = "".join(root.itertext()), [*root.iter()]
    for text in (*message["email"].values(), message["sms"]):
        assert text in read
    assert {name for tag in tags for name in (tag.tag, *tag.attrib)} <= HARMLESS
    shown = [str(block) for block in message["slack"]["blocks"]]
    own = [url for text in shown for url in re.findall(r"<(https://[^|]+)\|[\w ]+>", text)]
    links = [tag.attrib["href"] for tag in tags if tag.tag == "a"]
    assert links == [*own, page.builder_link(message["slack"])]
    [policy] = [tag.attrib["content"] for tag in tags if "http-equiv" in tag.attrib]
    style = (ROOT / "local" / "page.css").read_bytes()
    digest = base64.b64encode(hashlib.sha256(style).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'"


def test_slack_is_drawn_as_slack_draws_it() -> None:
    text = (
        "*Bold* &lt;b&gt; `co&amp;lt;de`, snake_case ```aws 'x'```<!channel> <https://a/?&amp;d|Ef>"
    )
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]
    assert (
        "<b>Bold</b> &lt;b&gt; <code>co&amp;lt;de</code>, snake_case <pre>aws &#x27;x&#x27;</pre>"
        '<mark>!channel</mark> <a href="https://a/?&amp;d" rel="noreferrer">Ef</a>'
    ) in page.slack({"blocks": blocks})


def test_the_builder_gets_the_blocks_whole(told: Call) -> None:
    payload = messages(told, *saved(HOSTILE))["slack"]
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
