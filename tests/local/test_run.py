"""`python -m local run`, as people and scripts call it: a process of its own, the real stack."""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local import run

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "events" / "scenarios"
PATIENCE_SECONDS = 120


def start(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    """The command, with a folder of its own for everything temporary."""
    return subprocess.Popen(
        [sys.executable, "-m", "local", "run", *arguments],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def processes_with(text: str) -> list[str]:
    """The command lines that name `text`: the engine's has its folder, a worker's its script."""
    listing = subprocess.run(["ps", "-ewwo", "args"], capture_output=True, text=True, check=True)
    return [line for line in listing.stdout.splitlines() if text in line]


def gone(folder: Path) -> bool:
    return not list(folder.iterdir()) and not processes_with(str(folder))


@contextlib.contextmanager
def running(tmp_path: Path, until: str) -> Iterator[subprocess.Popen[str]]:
    """A run of a task that never ends, once its progress says `until`."""
    with start(tmp_path, str(SCENARIOS / "overdue.json")) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if until in line:
                break
        assert processes_with(str(tmp_path)), "the run has ended already"
        yield process
        process.kill()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str, str]]:
    """Some runs at once, so that they would meet if they could: status, stdout, stderr of each."""
    commands = {
        "quarantine": [str(SCENARIOS / "quarantine.json"), "--json"],
        "slack-revoked": [
            str(SCENARIOS / "slack-revoked.json"),
            *("--parameter", "AccountAlias=The fleet", "--parameter", "TimeZone=Europe/Berlin"),
        ],
        "acts": [str(SCENARIOS / "canceled-from-slack.json"), "--json"],
        "live": [str(SCENARIOS / "live.json"), "--slack-app", "--json"],
    }
    folders = {name: tmp_path_factory.mktemp(name) for name in commands}
    processes = {name: start(folders[name], *words) for name, words in commands.items()}
    found = {}
    for name, process in processes.items():
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        found[name] = (process.returncode, out, err)
        assert gone(folders[name])
    return found


@pytest.mark.slow
def test_a_whole_run_prints_what_came_of_it_as_json(runs: Any) -> None:
    status, out, err = runs["quarantine"]
    assert status == 0, err
    result = json.loads(out)
    assert result.keys() == {"execution", "messages", "deadLetters", "acts", "iotCalls"}
    execution = result["execution"]
    assert (execution["name"], execution["status"]) == ("detect-quarantine-7", "SUCCEEDED")
    assert execution["error"] is execution["cause"] is None
    assert execution["states"].count("DescribeTask") == 3
    assert execution["states"].count("Notify") == 2
    assert result["deadLetters"] == []
    [mail], [published], [post] = (result["messages"][k] for k in ("email", "sns", "slack"))
    assert mail["to"] == "on-call@example.com"
    assert mail["subject"] == "[FAILED] quarantine-7: 3 of 12 mitigation actions failed"
    assert "Started 2026-11-22 10:01:07 UTC" in mail["body"]
    assert "took 2 min 34 s" in mail["body"]
    assert published["subject"] == mail["subject"]
    assert json.loads(published["message"])["email"] == mail["body"]
    assert published["attributes"]
    assert post["status"] == 200
    assert "LimitExceededException" in json.dumps(post["payload"])
    start, *looks = result["iotCalls"]
    assert start["operation"] == "StartDetectMitigationActionsTask"
    assert looks[0] == {
        "operation": "DescribeDetectMitigationActionsTask",
        "parameters": {"taskId": "quarantine-7"},
        "error": None,
    }


@pytest.mark.slow
def test_a_slack_app_shows_the_task_as_it_goes_on_in_one_thread(runs: Any) -> None:
    status, out, err = runs["live"]
    assert status == 0, err
    first, *edits, rest = json.loads(out)["messages"]["slack"]
    assert first["method"] == rest["method"] == "chat.postMessage"
    assert {edit["method"] for edit in edits} == {"chat.update"}
    assert {edit["ts"] for edit in edits} == {first["ts"]} == {rest["payload"]["thread_ts"]}
    assert first["payload"]["text"] == "[RUNNING] revoke-25: 0 of 25 actions"
    assert "At this pace it ends <!date^" in json.dumps(edits[-2]["payload"])
    assert edits[-1]["payload"]["text"] == "[FAILED] revoke-25: 3 of 25 mitigation actions failed"
    assert rest["payload"]["reply_broadcast"] is True
    assert err.count("slack: shown") == len(edits)


@pytest.mark.slow
def test_people_click_and_the_run_says_what_came_of_it(runs: Any) -> None:
    status, out, err = runs["acts"]
    assert status == 0, err
    outcome = json.loads(out)
    stranger, canceled, retried = outcome["acts"]
    assert stranger["by"] == "U0EVE"
    assert "SlackActors" in stranger["result"]
    assert canceled == {
        "action": "cancel",
        "by": "U0ADA",
        "approvedBy": None,
        "result": "canceled",
    }
    assert retried == {
        "action": "retry",
        "by": "U0ADA",
        "approvedBy": "U0BO",
        "result": "started",
    }
    operations = [call["operation"] for call in outcome["iotCalls"] if not call["error"]]
    assert operations.count("CancelDetectMitigationActionsTask") == 1
    assert operations.count("StartDetectMitigationActionsTask") == 2


@pytest.mark.slow
def test_progress_goes_to_stderr_state_by_state(runs: Any) -> None:
    _, _, err = runs["quarantine"]
    lines = [line for line in err.splitlines() if "DescribeTask" in line]
    assert [line.split("DescribeTask")[1].split(",")[0].strip() for line in lines] == [
        "IN_PROGRESS",
        "IN_PROGRESS",
        "FAILED",
    ]
    assert "slack: delivered" in err
    assert "sns: delivered" in err
    assert "Waits are sped up here: " in err


@pytest.mark.slow
def test_a_channel_that_refuses_is_a_dead_letter_and_exit_status_1(runs: Any) -> None:
    status, out, err = runs["slack-revoked"]
    assert status == 1, err
    assert "Subject: [FAILED] quarantine-7: 3 of 12 mitigation actions failed" in out
    assert "From:    Mitigation <no-reply@sns.amazonaws.com>" in out
    assert "The fleet" in out
    assert "CET" in out
    assert "Slack, which answered 404 no_service" in out
    assert "The message for slack: DeliveryRejected, Slack answered 404: no_service" in out
    assert out.splitlines()[-1].startswith("✗ NotAllDelivered: detect-quarantine-7 could not be")
    assert "Traceback" not in out + err


@pytest.mark.slow
def test_ctrl_c_ends_everything_that_was_started(tmp_path: Path) -> None:
    with running(tmp_path, until="DescribeTask") as process:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "interrupted; everything that was started has ended"
    assert gone(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "until"),
    [(signal.SIGTERM, "embedded AWS"), (signal.SIGKILL, "DescribeTask")],
    ids=["term", "kill"],
)
def test_nothing_outlives_a_run_that_is_ended(
    tmp_path: Path, number: signal.Signals, until: str
) -> None:
    with running(tmp_path, until) as process:
        process.send_signal(number)
        process.communicate(timeout=PATIENCE_SECONDS)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not gone(tmp_path):
        assert time.monotonic() < deadline, processes_with(str(tmp_path))
        time.sleep(0.05)


def test_bad_input_is_one_line_and_exit_status_2(tmp_path: Path) -> None:
    process = start(tmp_path, str(tmp_path / "none.json"))
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 2
    assert out == ""
    assert err == f"error: {tmp_path}/none.json: No such file or directory\n"


def run_with(scenario: Path, *parameters: str) -> int:
    """The command's exit status, in this process."""
    return run.run(
        argparse.Namespace(
            scenario=scenario, slack="webhook", member=False, json=False, parameter=list(parameters)
        )
    )


@pytest.mark.parametrize(
    ("parameter", "said"),
    [
        ("SlackVerdicts=some", "SlackVerdicts: expected one of all | problems, got 'some'"),
        ("OverdueMinutes=4", "OverdueMinutes: expected a number from 5 to 1440, got '4'"),
        ("OverdueMinutes=soon", "OverdueMinutes: expected a number from 5 to 1440, got 'soon'"),
        ("EmailAddress=ada", "EmailAddress: must be one e-mail address, or empty, got 'ada'"),
        ("Verbose=yes", "Verbose: unknown; expected one of AccountAlias, "),
        ("TimeZone", "TimeZone: expected NAME=VALUE"),
    ],
)
def test_a_parameter_that_the_template_would_not_take_starts_nothing(
    capsys: pytest.CaptureFixture[str], parameter: str, said: str
) -> None:
    assert run_with(SCENARIOS / "quarantine.json", "AmazonQ=true", parameter) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"error: --parameter {said}")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{}", "describe: missing; expected a list of Describe answers and errors"),
        ('{"taskId": "a b", "describe": [{}]}', "taskId: expected 1 to 128 of a-z, A-Z, 0-9, _"),
        ('{"taskId": "a", "describe": [{}], "speed": 1}', "speed: unknown key; expected one of"),
        (
            '{"taskId": "a", "describe": [{}], "clicks": [{"by": "U0ADA", "action": "delete"}]}',
            "clicks[0].action: expected cancel, retry, undo, approve, deny",
        ),
        (
            '{"taskId": "a", "describe": [{}], "clicks": [{"action": "cancel"}]}',
            "clicks[0].by: expected who clicks, such as U0ADA",
        ),
        (
            '{"taskId": "a", "describe": [{}], "clicks": [{"by": "U", "after": -1}]}',
            "clicks[0].after: expected a number from 0 on",
        ),
    ],
)
def test_a_scenario_with_a_mistake_starts_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, said: str
) -> None:
    path = tmp_path / "scenario.json"
    path.write_text(content)
    assert run_with(path) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"error: {path}: {said}")
    assert captured.err.count("\n") == 1
