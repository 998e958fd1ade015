"""`preview` shows saved answers as the functions would tell of them, and names what is wrong."""

import argparse
import json
import os
import subprocess
import sys
import webbrowser
from pathlib import Path
from typing import Any

import pytest

from embedded.slack_limits import texts
from local import preview
from local.mrkdwn import spans

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "events"
ANSWERS = sorted(path.stem for path in (EVENTS / "describe").glob("*.json"))
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


@pytest.mark.parametrize("name", ANSWERS)
def test_every_saved_answer_renders_for_every_channel(messages: Any, name: str) -> None:
    message = messages(*saved(name))
    assert list(message) == ["verdict", "email", "slack", "sms", "amazon-q"]
    assert all(message.values())


@pytest.mark.parametrize(
    "answer",
    [{"taskSummary": {"taskStatistics": {}}}, {"taskSummary": {"target": {}}}, {"target": {}}],
)
def test_an_answer_whose_members_are_empty_is_one(tmp_path: Path, answer: Any) -> None:
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(answer), encoding="utf-8")
    assert run(path) == 0


def test_the_terminal_shows_every_message_in_whole_lines(capsys: Capture, messages: Any) -> None:
    message = messages(*saved("audit-canceled"))
    assert run(*saved("audit-canceled")) == 0
    shown = capsys.readouterr().out
    for title in ("E-mail", "Slack", "SMS", "Amazon Q Developer"):
        assert title in shown
    assert message["email"]["subject"] in shown
    assert message["email"]["body"] in shown
    parts = [part for text in texts(message["slack"]["blocks"]) for part in spans(text["text"])]
    lines = [line for part in parts for line in (*part.text.split("\n"), part.url)]
    assert len(lines) > 20
    assert [line for line in lines if line not in shown] == []


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
    answer = EVENTS / "describe" / "audit-failed.json"
    assert "] audit-fix-policies: " in messages(*saved("audit-failed"))["email"]["subject"]
    assert "] audit-failed: " in messages(answer)["email"]["subject"]
    assert "] mine-3: " in messages(answer, "--task-id", "mine-3")["email"]["subject"]


def test_one_channel_is_shown_alone(messages: Any, capsys: Capture) -> None:
    message = messages(*saved("detect-failed"), "--channel", "sms")
    assert list(message) == ["verdict", "sms"]
    assert run(*saved("detect-failed"), "--channel", "sms") == 0
    shown = capsys.readouterr().out
    assert message["sms"] in shown
    assert "Subject" not in shown


@pytest.mark.parametrize(
    ("name", "count"), [("detect-in-progress", 1), ("detect-failed-partly", 2)]
)
def test_of_a_slack_app_its_message_and_the_reply_are_shown_where_asked_for(
    messages: Any, name: str, count: int
) -> None:
    assert len(messages(*saved(name), "--channel", "slack-app")["slack-app"]) == count


def test_times_are_shown_in_the_zone_that_is_asked_for(messages: Any) -> None:
    body = messages(*saved("detect-failed-partly"), "--time-zone", "Asia/Kolkata")["email"]["body"]
    assert "Started 2026-11-22 15:31:07 IST (10:01:07 UTC)" in body


@pytest.mark.parametrize(
    ("more", "told", "place"),
    [
        ([], "examples", "Account 123456789012, region eu-west-1"),
        (["--execution-arn", GOV], "", "Account 210987654321, region us-gov-west-1"),
    ],
)
def test_account_and_region_are_said_to_be_examples_unless_an_execution_is_named(
    capsys: Capture, more: list[str], told: str, place: str
) -> None:
    assert run(*saved("detect-failed-partly"), *more) == 0
    shown = capsys.readouterr()
    assert place in shown.out
    assert told in shown.err
    assert bool(told) == bool(shown.err)


_ROWS = "expected a list of objects, as in"
_NO_ANSWER = "a.json: not a Describe answer: expected taskSummary (detect) or taskStatus"
_STATISTICS = '{"taskSummary": {"taskStatistics": {"actionsFailed": "3"}}}'


@pytest.mark.parametrize(
    ("answer", "more", "expected"),
    [
        ('{"taskSummary": {\n  "taskId": "a', [], "a.json:2:13: not complete, valid JSON"),
        ("[]", [], "a.json: the Describe answer: expected an object, got []"),
        (_STATISTICS, [], "a.json: taskSummary.taskStatistics.actionsFailed: expected a whole"),
        (
            '{"taskSummary": {"taskStartTime": "yesterday"}}',
            [],
            "a.json: taskSummary.taskStartTime: expected an ISO 8601 time",
        ),
        ('{"taskSummary": {"state": "done"}}', [], _NO_ANSWER),
        ('{"actionsExecutions": []}', [], _NO_ANSWER),
        ("{}", ["--time-zone", "Europe/Berln"], "zone 'Europe/Berln' is not known: Europe/Berlin"),
        ("{}", ["--execution-arn", "arn:aws:iot:x"], "--execution-arn: expected arn:PARTITION:sta"),
        ("{}", ["--task-id", "a/b"], "taskId: expected 1 to 128 of"),
        ("{}", ["--executions", "gone.json"], "gone.json: No such file or directory"),
        ("{}", ["--executions", str(EVENTS)], f"{EVENTS}: Is a directory"),
        ("{}", ["--executions", "a.json"], 'expected {"actionsExecutions": […]}'),
        (
            "{}",
            ["--task-id", "x", *map(str, saved("audit-failed")[1:])],
            "rows of task 'audit-fix-policies', not of 'x'",
        ),
    ],
)
def test_bad_input_is_refused_in_one_line_that_names_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: Capture,
    answer: str,
    more: list[str],
    expected: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text(answer)
    _refused(capsys, ["a.json", *more], expected)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ('{"actionsExecutions": {}}', f"actionsExecutions: {_ROWS}"),
        ('{"actionsExecutions": [1]}', f"actionsExecutions: {_ROWS}"),
        ('{"actionsExecutions": [], "findings": 1}', f"findings: {_ROWS}"),
        ("3", f"actionsExecutions: {_ROWS}"),
        ('[{"status": 3}]', "the action executions could not be read"),
    ],
)
def test_bad_rows_are_refused_in_one_line(
    capsys: Capture, tmp_path: Path, rows: str, expected: str
) -> None:
    path = tmp_path / "rows.json"
    path.write_text(rows)
    _refused(capsys, [saved("detect-failed")[0], "--executions", path], expected)


def _refused(capsys: Capture, arguments: list[object], expected: str) -> None:
    assert run(*arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.splitlines()) == 1
    assert expected in told.err


def test_the_command_line_prints_only_the_json_on_stdout_whatever_the_terminal_takes() -> None:
    hostile = map(str, saved("detect-hostile-names"))
    ran = subprocess.run(
        [sys.executable, "-m", "local", "preview", *hostile, "--json"],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["verdict"] == "PARTLY_FAILED"


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
    assert run(*saved("detect-failed"), "--open", *(["--json"] if display else [])) == 0
    told = capsys.readouterr()
    [page] = tmp_path.iterdir()
    assert "deactivate-2026-11-22" in page.read_text(encoding="utf-8")
    assert opened == ([page.as_uri()] if display else [])
    assert ("open the page in a browser yourself" in told.err) != bool(display)
    if display:
        assert json.loads(told.out)["verdict"] == "FAILED"
        assert f"{page}\n" in told.err
    else:
        assert told.out == f"{page}\n"
