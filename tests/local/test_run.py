"""`python -m local run`, as people and scripts call it: a process of its own, the real stack."""

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

from local.parameters import BadParameter, read_parameters

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "events" / "scenarios"
PATIENCE_SECONDS = 120
BERLIN = "TimeZone=Europe/Berlin"
THREE_OF_TWELVE = "quarantine-7: 3 of 12 mitigation actions failed"


def start(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    """The command, as in a terminal of its own, with a folder for everything temporary."""
    return subprocess.Popen(
        [sys.executable, "-m", "local", "run", *arguments],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
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
        "quarantine": ["--json"],
        "slack-revoked": ["--parameter", "AccountAlias=The fleet", "--parameter", BERLIN],
        "canceled-from-slack": ["--json"],
        "live": ["--slack-app", "--json"],
    }
    folders = {name: tmp_path_factory.mktemp(name) for name in commands}
    processes = {
        name: start(folders[name], str(SCENARIOS / f"{name}.json"), *words)
        for name, words in commands.items()
    }
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
    execution, states = result["execution"], result["execution"].pop("states")
    assert execution == {
        "name": "detect-quarantine-7",
        "status": "SUCCEEDED",
        "error": None,
        "cause": None,
    }
    assert (states.count("DescribeTask"), states.count("Notify")) == (3, 2)
    [mail], [published], [post] = (result["messages"][k] for k in ("email", "sns", "slack"))
    assert mail["to"] == "on-call@example.com"
    assert mail["subject"] == published["subject"] == f"[FAILED] {THREE_OF_TWELVE}"
    assert "Started 2026-11-22 10:01:07 UTC" in mail["body"]
    assert "took 2 min 34 s" in mail["body"]
    assert json.loads(published["message"])["email"] == mail["body"]
    assert published["attributes"]
    assert post["status"] == 200
    assert "LimitExceededException" in json.dumps(post["payload"])
    started, *looks = result["iotCalls"]
    assert started["operation"] == "StartDetectMitigationActionsTask"
    assert looks[0] == {
        "operation": "DescribeDetectMitigationActionsTask",
        "parameters": {"taskId": "quarantine-7"},
        "error": None,
    }
    assert result["deadLetters"] == result["acts"] == []


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
    status, out, err = runs["canceled-from-slack"]
    assert status == 0, err
    outcome = json.loads(out)
    stranger, *acts = outcome["acts"]
    assert stranger["by"] == "U0EVE"
    assert "SlackActors" in stranger["result"]
    assert [tuple(act.values()) for act in acts] == [
        ("cancel", "U0ADA", None, "canceled"),
        ("retry", "U0ADA", "U0BO", "started"),
    ]
    operations = [call["operation"] for call in outcome["iotCalls"] if not call["error"]]
    assert operations.count("CancelDetectMitigationActionsTask") == 1
    assert operations.count("StartDetectMitigationActionsTask") == 2


@pytest.mark.slow
def test_progress_goes_to_stderr_state_by_state(runs: Any) -> None:
    _, _, err = runs["quarantine"]
    lines = [line.split() for line in err.splitlines()]
    told = [words[words.index("DescribeTask") + 1] for words in lines if "DescribeTask" in words]
    assert told == ["IN_PROGRESS,", "IN_PROGRESS,", "FAILED,"]
    for expected in ("slack: delivered", "sns: delivered", "Waits are sped up here: "):
        assert expected in err


@pytest.mark.slow
def test_a_channel_that_refuses_is_a_dead_letter_and_exit_status_1(runs: Any) -> None:
    status, out, err = runs["slack-revoked"]
    assert status == 1, err
    for expected in (
        f"Subject: [FAILED] {THREE_OF_TWELVE}",
        "From:    Mitigation <no-reply@sns.amazonaws.com>",
        "The fleet",
        "CET",
        "Slack, which answered 404 no_service",
        "The message for slack: DeliveryRejected, Slack answered 404: no_service",
    ):
        assert expected in out
    assert out.splitlines()[-1].startswith("✗ NotAllDelivered: detect-quarantine-7 could not be")
    assert "Traceback" not in out + err


@pytest.mark.slow
def test_ctrl_c_ends_everything_that_was_started(tmp_path: Path) -> None:
    with running(tmp_path, until="DescribeTask") as process:
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.json"], "none.json: No such file or directory"),
        (["events/scenarios/live.json", "--parameter", "X"], "--parameter X: expected NAME=VALUE"),
    ],
)
def test_bad_input_is_one_line_and_exit_status_2(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    process = start(tmp_path, *arguments)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, out, err) == (2, "", f"error: {said}\n")


@pytest.mark.parametrize(
    ("parameter", "said"),
    [
        ("SlackVerdicts=some", "SlackVerdicts: expected one of all | problems, got 'some'"),
        ("OverdueMinutes=4", "OverdueMinutes: expected a number from 5 to 1440, got '4'"),
        ("OverdueMinutes=1441", "OverdueMinutes: expected a number from 5 to 1440, got '1441'"),
        ("OverdueMinutes=soon", "OverdueMinutes: expected a number from 5 to 1440, got 'soon'"),
        ("EmailAddress=ada", "EmailAddress: must be one e-mail address, or empty, got 'ada'"),
        ("Verbose=yes", "Verbose: unknown; expected one of AccountAlias, "),
        ("TimeZone", "TimeZone: expected NAME=VALUE"),
    ],
)
def test_a_parameter_that_the_template_would_not_take_is_named(parameter: str, said: str) -> None:
    with pytest.raises(BadParameter) as caught:
        read_parameters(["AmazonQ=true", parameter])
    assert str(caught.value).startswith(f"--parameter {said}")
