"""`preview` shows saved answers as the functions would tell of them, and names what is wrong."""

import argparse
import json
import os
import re
import subprocess
import sys
import webbrowser
from pathlib import Path
from typing import Any

import pytest

from embedded.slack_limits import read_payload
from local import preview

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "events"
ANSWERS = sorted(path.stem for path in (EVENTS / "describe").glob("*.json"))


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
def messages(capsys: pytest.CaptureFixture[str]) -> Any:
    def render(*arguments: object) -> dict[str, Any]:
        assert run(*arguments, "--json") == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return render


@pytest.mark.parametrize("name", ANSWERS)
def test_every_saved_answer_renders_for_every_channel(messages: Any, name: str) -> None:
    message = messages(*saved(name))
    assert list(message) == ["verdict", "email", "slack", "sms", "amazon-q"]
    assert message["email"].keys() == {"subject", "body"}
    assert len(message["email"]["subject"]) < 100
    assert read_payload(json.dumps(message["slack"]).encode()) == message["slack"]
    assert 0 < len(message["sms"]) <= 160
    assert message["amazon-q"]["source"] == "custom"


def test_a_commands_line_is_whole_in_the_terminal(
    capsys: pytest.CaptureFixture[str], messages: Any
) -> None:
    mail = messages(*saved("detect-failed-partly"))["email"]
    assert run(*saved("detect-failed-partly")) == 0
    shown = capsys.readouterr().out
    assert mail["subject"] in shown
    assert mail["body"] in shown
    for title in ("E-mail", "Slack", "SMS", "Amazon Q Developer"):
        assert title in shown


def test_the_terminal_shows_every_text_of_the_slack_message(
    capsys: pytest.CaptureFixture[str], messages: Any
) -> None:
    payload = messages(*saved("audit-canceled"))["slack"]
    assert run(*saved("audit-canceled"), "--channel", "slack") == 0
    shown = capsys.readouterr().out
    texts = [line for block in payload["blocks"] for line in _lines(block)]
    assert len(texts) > 20
    for line in texts:
        assert line in shown


def _lines(block: Any) -> list[str]:
    match block:
        case {"type": "mrkdwn" | "plain_text", "text": str(text)}:
            plain = re.sub(r"<(https:[^|]+)\|([^>]+)>", r"\2 (\1)", text)
            plain = plain.replace("*", "").replace("`", "").replace("&amp;", "&")
            return [line for line in plain.split("\n") if line]
        case dict():
            return [line for value in block.values() for line in _lines(value)]
        case list():
            return [line for value in block for line in _lines(value)]
    return []


def test_audit_rows_without_findings_are_named_by_the_findings_ids(
    messages: Any, tmp_path: Path
) -> None:
    rows = json.loads((EVENTS / "executions" / "audit-failed.json").read_text("utf-8"))
    del rows["findings"]
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(rows))
    answer = EVENTS / "describe" / "audit-failed.json"
    body = messages(answer, "--executions", path)["email"]["body"]
    assert f"AccessDeniedException (2): {rows['actionsExecutions'][0]['findingId']}" in body


def test_rows_may_be_a_bare_list(messages: Any, tmp_path: Path) -> None:
    rows = json.loads((EVENTS / "executions" / "detect-failed.json").read_text("utf-8"))
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(rows["actionsExecutions"]))
    answer = EVENTS / "describe" / "detect-failed.json"
    assert "pump-3" in messages(answer, "--executions", path)["email"]["body"]


def test_an_answer_without_its_tasks_id_takes_it_from_the_rows_or_the_file(messages: Any) -> None:
    answer = EVENTS / "describe" / "audit-failed.json"
    assert "audit-fix-policies" in messages(*saved("audit-failed"))["email"]["subject"]
    assert "] audit-failed: " in messages(answer)["email"]["subject"]
    assert "] mine-3: " in messages(answer, "--task-id", "mine-3")["email"]["subject"]


def test_one_channel_is_shown_alone(messages: Any, capsys: pytest.CaptureFixture[str]) -> None:
    message = messages(*saved("detect-failed"), "--channel", "sms")
    assert list(message) == ["verdict", "sms"]
    assert run(*saved("detect-failed"), "--channel", "sms") == 0
    shown = capsys.readouterr().out
    assert message["sms"] in shown
    assert "Subject" not in shown


def test_times_are_shown_in_the_zone_that_is_asked_for(messages: Any) -> None:
    answer = saved("detect-failed-partly")
    body = messages(*answer, "--time-zone", "Asia/Kolkata")["email"]["body"]
    assert "Started 2026-11-22 15:31:07 IST (10:01:07 UTC)" in body
    assert "from 2026-11-22 13:30 to 15:30 IST (08:00 to 10:00 UTC)" in body


def test_account_and_region_are_said_to_be_examples_unless_an_execution_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    arn = "arn:aws-us-gov:states:us-gov-west-1:210987654321:execution:Mine:detect-quarantine-7"
    assert run(*saved("detect-failed-partly")) == 0
    told = capsys.readouterr()
    assert "examples" in told.err
    assert "Account 123456789012, region eu-west-1" in told.out
    assert run(*saved("detect-failed-partly"), "--execution-arn", arn) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert "Account 210987654321, region us-gov-west-1" in told.out
    assert "https://console.amazonaws-us-gov.com/states/home?region=us-gov-west-1" in told.out


BAD_ANSWERS: dict[str, tuple[str, str]] = {
    "truncated": ('{"taskSummary": {\n  "taskId": "a', "{path}:2:13: not complete, valid JSON"),
    "a list": ("[]", "{path}: the Describe answer: expected an object, got []"),
    "a wrong member": (
        '{"taskSummary": {"taskStatistics": {"actionsFailed": "3"}}}',
        "{path}: taskSummary.taskStatistics.actionsFailed: expected a whole number, got '3'",
    ),
    "a wrong time": (
        '{"taskSummary": {"taskStartTime": "yesterday"}}',
        "{path}: taskSummary.taskStartTime: expected an ISO 8601 time",
    ),
    "nothing of the service model": (
        '{"taskSummary": {"state": "done"}}',
        "{path}: not a Describe answer: expected taskSummary (detect) or taskStatus",
    ),
    "something else": (
        '{"actionsExecutions": []}',
        "{path}: not a Describe answer: expected taskSummary (detect) or taskStatus",
    ),
}


@pytest.mark.parametrize("case", BAD_ANSWERS)
def test_a_bad_answer_is_refused_in_one_line_that_names_what_is_wrong(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, expected = BAD_ANSWERS[case]
    path = tmp_path / "answer.json"
    path.write_text(content)
    _refused(capsys, [path], expected.format(path=path))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nowhere.json"], "nowhere.json: No such file or directory"),
        ([EVENTS], f"{EVENTS}: Is a directory"),
        (
            [*saved("detect-failed"), "--time-zone", "Europe/Berln"],
            "time zone 'Europe/Berln' is not known: Europe/Berlin",
        ),
        (
            [*saved("detect-failed"), "--execution-arn", "arn:aws:iot:x"],
            "--execution-arn: expected arn:PARTITION:states:REGION:ACCOUNT:execution:MACHINE:NAME",
        ),
        ([saved("detect-empty")[0], "--task-id", "a/b"], "taskId: expected 1 to 128 of"),
        (
            [
                saved("detect-failed")[0],
                "--executions",
                EVENTS / "executions" / "audit-failed.json",
            ],
            "rows of task 'audit-fix-policies', not of 'deactivate-2026-11-22'",
        ),
        (
            [saved("detect-failed")[0], "--executions", saved("detect-failed")[0]],
            'expected {"actionsExecutions": […]}',
        ),
        ([saved("detect-failed")[0], "--executions", "gone.json"], "gone.json: No such file"),
    ],
)
def test_bad_input_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[object], expected: str
) -> None:
    _refused(capsys, arguments, expected)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ('{"actionsExecutions": {}}', "actionsExecutions: expected a list of objects"),
        ('{"actionsExecutions": [1]}', "actionsExecutions: expected a list of objects"),
        ('{"actionsExecutions": [], "findings": 1}', "findings: expected a list of objects"),
        ("3", 'expected a list of objects, as in {"actionsExecutions": […]}'),
        ('[{"status": 3}]', "the action executions could not be read"),
    ],
)
def test_bad_rows_are_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, rows: str, expected: str
) -> None:
    path = tmp_path / "rows.json"
    path.write_text(rows)
    _refused(capsys, [saved("detect-failed")[0], "--executions", path], expected)


def _refused(capsys: pytest.CaptureFixture[str], arguments: list[object], expected: str) -> None:
    assert run(*arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.splitlines()) == 1
    assert expected in told.err


def test_the_command_line_prints_only_the_json_on_stdout() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "local", "preview", *map(str, saved("audit-failed")), "--json"],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["verdict"] == "FAILED"
    assert b"Traceback" not in ran.stderr


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    addresses: list[str] = []

    def remember(url: str) -> bool:
        addresses.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", remember)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return addresses


def test_open_prints_the_pages_path_alone(
    capsys: pytest.CaptureFixture[str], opened: list[str]
) -> None:
    assert run(*saved("detect-failed"), "--open") == 0
    told = capsys.readouterr()
    page = Path(told.out.rstrip("\n"))
    assert "deactivate-2026-11-22" in page.read_text(encoding="utf-8")
    assert opened == []
    assert "open the page in a browser yourself" in told.err


def test_open_opens_the_page_where_there_is_a_display(
    capsys: pytest.CaptureFixture[str], opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert run(*saved("detect-failed"), "--open", "--json") == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["verdict"] == "FAILED"
    assert len(opened) == 1
    assert Path(opened[0].removeprefix("file://")).exists()


@pytest.mark.parametrize(
    "answer",
    [{"taskSummary": {"taskStatistics": {}}}, {"taskSummary": {"target": {}}}, {"target": {}}],
)
def test_an_answer_whose_members_are_empty_is_one(tmp_path: Path, answer: Any) -> None:
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(answer), encoding="utf-8")
    assert run(str(path)) == 0


def test_of_a_slack_app_its_one_message_and_the_reply_are_shown_where_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, count in (("detect-in-progress", 1), ("detect-failed-partly", 2)):
        assert run(*saved(name), "--channel", "slack-app", "--json") == 0
        assert len(json.loads(capsys.readouterr().out)["slack-app"]) == count
