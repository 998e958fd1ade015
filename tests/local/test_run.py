"""`python -m local run`, as people and scripts call it: a process of its own, the real stack."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from embedded.process import ROOT
from local.parameters import BadParameter, read_parameters
from tests.support import stacks

SCENARIOS = ROOT / "events" / "scenarios"
PATIENCE_SECONDS = 120
THREE_OF_TWELVE = "quarantine-7: 3 of 12 mitigation actions failed"


def start(tmp_path: Path, *arguments: object) -> subprocess.Popen[str]:
    """The command, as in a terminal of its own, with a folder for everything temporary."""
    return subprocess.Popen(
        [sys.executable, "-m", "local", "run", *map(str, arguments)],
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


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str, str]]:
    """Some runs at once, so that they would meet if they could: status, stdout, stderr of each."""
    impossible = tmp_path_factory.mktemp("impossible") / "scenario.json"
    quarantine = json.loads((SCENARIOS / "quarantine.json").read_text(encoding="utf-8"))
    clicks = [{"by": "U0ADA", "action": "undo"}]  # while it runs
    impossible.write_text(json.dumps(quarantine | {"clicks": clicks}), encoding="utf-8")
    named = ("--parameter", "AccountAlias=The fleet", "--parameter", "TimeZone=Europe/Berlin")
    commands: dict[str, tuple[object, ...]] = {
        "quarantine": (SCENARIOS / "quarantine.json", "--json"),
        "slack-down": (SCENARIOS / "slack-down.json", *named),
        "canceled-from-slack": (SCENARIOS / "canceled-from-slack.json", "--json"),
        "live": (SCENARIOS / "live.json", "--slack-app", "--json"),
        "impossible": (impossible,),
    }
    folders = {name: tmp_path_factory.mktemp(name) for name in commands}
    processes = {name: start(folders[name], *words) for name, words in commands.items()}
    found = {}
    for name, process in processes.items():
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        found[name] = (process.returncode, out, err)
        assert gone(folders[name])
    return found


def outcome(run: tuple[int, str, str]) -> Any:
    status, out, err = run
    assert status == 0, err
    return json.loads(out)


@pytest.mark.slow
def test_a_whole_run_prints_what_came_of_it_as_json(runs: Any) -> None:
    result = outcome(runs["quarantine"])
    execution, states = result["execution"], result["execution"].pop("states")
    assert list(execution.values()) == ["detect-quarantine-7", "SUCCEEDED", None, None]
    assert (states.count("DescribeTask"), states.count("Notify")) == (3, 2)
    [mail], [published], [post] = (result["messages"][k] for k in ("email", "sns", "slack"))
    assert mail["to"] == "on-call@example.com"
    assert mail["subject"] == published["subject"] == f"[FAILED] {THREE_OF_TWELVE}"
    assert "Started 2026-11-22 10:01:07 UTC" in mail["body"]
    assert "took 2 min 34 s" in mail["body"]
    assert json.loads(published["message"])["email"] == mail["body"]
    assert "LimitExceededException" in json.dumps(post["payload"])
    assert [call["operation"] for call in result["iotCalls"][:2]] == [
        "StartDetectMitigationActionsTask",
        "DescribeDetectMitigationActionsTask",
    ]
    assert (
        result["iotCalls"][0]["parameters"]["target"]["behaviorName"] == "AuthorizationFailures-ML"
    )
    assert "IN_PROGRESS, 7 executed, 0 skipped, 1 failed, again in " in runs["quarantine"][2]


@pytest.mark.slow
def test_a_slack_app_shows_the_task_as_it_goes_on_in_one_thread(runs: Any) -> None:
    first, *edits, rest = outcome(runs["live"])["messages"]["slack"]
    assert first["method"] == rest["method"] == "chat.postMessage"
    assert {edit["method"] for edit in edits} == {"chat.update"}
    assert {edit["ts"] for edit in edits} == {first["ts"]} == {rest["payload"]["thread_ts"]}
    assert "At this pace it ends <!date^" in json.dumps(edits[-2]["payload"])
    assert edits[-1]["payload"]["text"] == "[FAILED] revoke-25: 3 of 25 mitigation actions failed"
    assert runs["live"][2].count("slack: shown") == len(edits)


@pytest.mark.slow
def test_people_click_and_the_run_says_what_came_of_it(runs: Any) -> None:
    result = outcome(runs["canceled-from-slack"])
    stranger, *acts = result["acts"]
    assert stranger["by"] == "U0EVE"
    assert "SlackActors" in stranger["result"]
    assert [tuple(act.values()) for act in acts] == [
        ("cancel", "U0ADA", None, "canceled"),
        ("retry", "U0ADA", "U0BO", "started"),
    ]
    operations = [call["operation"] for call in result["iotCalls"] if not call["error"]]
    assert operations.count("CancelDetectMitigationActionsTask") == 1
    assert operations.count("StartDetectMitigationActionsTask") == 2


@pytest.mark.slow
def test_a_button_that_stands_nowhere_is_told_at_the_end(runs: Any) -> None:
    status, out, err = runs["impossible"]
    assert (status, out) == (1, "")
    assert err.splitlines()[-1] == "error: no button to undo stands in the channel"


@pytest.mark.slow
def test_a_channel_that_stays_down_is_a_dead_letter_and_exit_status_1(runs: Any) -> None:
    status, out, err = runs["slack-down"]
    assert status == 1, err
    for expected in (
        f"Subject: [FAILED] {THREE_OF_TWELVE}",
        "The fleet",
        "CET",
        "Slack, which answered 503 upstream connect error",
        "The message for slack: DeliveryUnavailable, Slack answered 503: upstream connect error",
    ):
        assert expected in out
    assert out.splitlines()[-1].startswith("✗ NotAllDelivered: detect-quarantine-7 could not be")
    assert re.search(
        r"Notify +slack is unavailable, again in \d+ (s|min)\n"
        r" +… \d\d times more\n"
        r" +\+12 h \d+ min +Notify +DeliveryUnavailable: Slack answered 503: .*\n"
        r" +\+12 h \d+ min +DeadLetter +the message for slack goes to the dead-letter queue\n",
        err,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "status", "at", "said"),
    [
        (signal.SIGINT, 130, "DescribeTask", "interrupted; everything that was started has ended"),
        (signal.SIGTERM, 143, "embedded AWS", ""),
        (signal.SIGKILL, -9, "DescribeTask", ""),
    ],
)
def test_nothing_outlives_a_run_of_an_endless_task_that_is_ended(
    tmp_path: Path, number: signal.Signals, status: int, at: str, said: str
) -> None:
    with start(tmp_path, SCENARIOS / "overdue.json") as process:
        assert process.stderr
        next((line for line in process.stderr if at in line), None)
        assert processes_with(str(tmp_path)), "the run has ended already"
        os.killpg(process.pid, number)  # as a terminal does
        _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, err.rstrip().endswith(said)) == (status, True)
    stacks.until(lambda: gone(tmp_path), "an end of all that it has started")


def test_bad_input_is_one_line_and_exit_status_2(tmp_path: Path) -> None:
    process = start(tmp_path, "none.json")
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    said = "error: none.json: No such file or directory\n"
    assert (process.returncode, out, err) == (2, "", said)


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
def test_a_parameter_that_the_template_would_not_take_is_named(parameter: str, said: str) -> None:
    with pytest.raises(BadParameter) as caught:
        read_parameters(["AmazonQ=true", parameter])
    assert str(caught.value).startswith(f"--parameter {said}")
