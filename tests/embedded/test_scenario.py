"""A scenario's mistakes are one line each, which names the key and what is expected there."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from embedded.scenario import Answer, BadScenario, Failure, SlackAnswer, SlackAppAnswer, load, parse

SCENARIOS = sorted((Path(__file__).parents[2] / "events" / "scenarios").glob("*.json"))
DESCRIBED: dict[str, Any] = {"taskId": "t-1", "describe": [{"taskSummary": {}}]}


def scenario(**changes: Any) -> dict[str, Any]:
    return {**DESCRIBED, **changes}


def complaint(document: object) -> str:
    with pytest.raises(BadScenario) as caught:
        parse(document)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_each_scenario_of_ours_is_one(path: Path) -> None:
    assert load(path).describe


def test_steps_are_answers_and_errors() -> None:
    error = {"code": "ThrottlingException", "status": 400, "message": "Rate exceeded"}
    steps = parse(scenario(describe=[{}, {"error": error}])).describe
    assert steps == (Answer({}), Failure("ThrottlingException", 400, "Rate exceeded"))


def test_the_task_type_is_detect_unless_said() -> None:
    assert parse(DESCRIBED).task_type == "detect"


def test_the_task_is_of_the_stack_s_own_account_unless_said() -> None:
    assert parse(DESCRIBED).place == ("123456789012", "eu-west-1")
    member = {"account": "210987654321", "region": "us-east-1"}
    assert parse(scenario(member=member)).place == ("210987654321", "us-east-1")


def test_slack_answers_ok_unless_said() -> None:
    assert parse(DESCRIBED).slack == (SlackAnswer(200, {}, "ok"),)


def test_the_slack_app_is_answered_by_method() -> None:
    answers = [{"error": "channel_not_found"}, {"status": 429, "headers": {"Retry-After": "1"}}, {}]
    parsed = parse(
        scenario(slackApp={"chat.postMessage": answers, "chat.update": [{"drop": "after"}]})
    )
    assert parsed.slack_app == {
        "chat.postMessage": (
            SlackAppAnswer(error="channel_not_found"),
            SlackAppAnswer(429, {"Retry-After": "1"}),
            SlackAppAnswer(),
        ),
        "chat.update": (SlackAppAnswer(drop="after"),),
    }


def test_a_refusal_of_slack_has_no_body_unless_said() -> None:
    assert parse(scenario(slack=[{"status": 503}])).slack == (SlackAnswer(503, {}, ""),)


def test_a_saved_detect_answer_is_a_scenario() -> None:
    saved = parse({"taskSummary": {"taskId": "t-9", "taskStatus": "FAILED"}})
    assert (saved.task_type, saved.task_id) == ("detect", "t-9")


def test_a_saved_answer_without_a_task_id_gets_one() -> None:
    assert parse({"taskSummary": {}}).task_id == "pasted-answer"


def test_a_saved_audit_answer_is_a_scenario() -> None:
    saved = parse({"taskStatus": "COMPLETED", "startTime": 1609988361.5})
    assert saved.task_type == "audit"
    assert saved.started == datetime(2021, 1, 7, 2, 59, 21, 500_000, UTC)


def test_the_start_is_the_first_that_an_answer_tells() -> None:
    steps = [{}, {"taskSummary": {"taskStartTime": "2026-11-22T10:01:07+01:00"}}]
    assert parse(scenario(describe=steps)).started == datetime(2026, 11, 22, 9, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize("time", ["yesterday", True, [], 1e300])
def test_a_start_that_is_no_time_is_none(time: object) -> None:
    steps = [{"taskSummary": {"taskStartTime": time}}]
    assert parse(scenario(describe=steps)).started is None


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "the scenario: expected an object, got []"),
        ({}, "describe: missing; expected a list of Describe answers and errors"),
        ({"describe": [{}]}, "taskId: missing; expected the task's id"),
        (scenario(taskID="x"), "taskID: unknown key; expected one of taskType, taskId, describe, "),
        (scenario(taskType="both"), 'taskType: expected "detect" or "audit", got "both"'),
        (scenario(taskId="no spaces"), "taskId: expected 1 to 128 of a-z, A-Z, 0-9, _ and -, got "),
        (scenario(taskId=""), 'taskId: expected 1 to 128 of a-z, A-Z, 0-9, _ and -, got ""'),
        (scenario(taskId="x" * 129), "taskId: expected 1 to 128 of"),
        (scenario(taskId=7), "taskId: expected 1 to 128 of"),
        (scenario(describe=[]), "describe: expected at least one answer or error, got none"),
        (scenario(describe={}), "describe: expected a list, got {}"),
        (scenario(describe=[[]]), "describe[0]: expected an object, got []"),
        (scenario(describe=[{}, {"taskStatus": "X"}]), "describe[1].taskStatus: unknown key; "),
        (scenario(describe=[{"error": {}}]), "describe[0].error.code: missing; expected an AWS"),
        (scenario(describe=[{"error": {"code": 5}}]), "describe[0].error.code: expected a string"),
        (
            scenario(describe=[{"error": {"code": "X", "status": 200}}]),
            "describe[0].error.status: expected an HTTP status from 400 to 599, got 200",
        ),
        (
            scenario(describe=[{"error": {"code": "X", "status": True}}]),
            "describe[0].error.status: expected an HTTP status from 400 to 599, got true",
        ),
        (
            scenario(describe=[{"error": {"code": "X"}, "taskSummary": {}}]),
            "describe[0].taskSummary: unknown key; expected one of error",
        ),
        (
            scenario(taskType="audit", describe=[{"taskSummary": {}}]),
            "describe[0].taskSummary: unknown key; expected one of taskStatus, ",
        ),
        (scenario(executions={}), "executions: expected a list, got {}"),
        (scenario(executions=["x"]), 'executions[0]: expected an object, got "x"'),
        (scenario(findings=[None]), "findings[0]: expected an object, got null"),
        (scenario(slack=[]), "slack: expected at least one answer, got none (leave it out"),
        (scenario(slack=[429]), "slack[0]: expected an object, got 429"),
        (scenario(slack=[{"status": 99}]), "slack[0].status: expected an HTTP status from 200 to"),
        (
            scenario(slackApp={"chat.delete": [{}]}),
            "slackApp.chat.delete: unknown key; expected one",
        ),
        (scenario(member={}), "member.account: missing; expected an AWS account"),
        (
            scenario(member={"account": "210987654321", "region": "Ohio"}),
            'member.region: expected an AWS region such as us-east-1, got "Ohio"',
        ),
        (scenario(member={"alias": "x"}), "member.alias: unknown key; expected one of account"),
        (scenario(slackApp={"chat.update": []}), "slackApp.chat.update: expected at least one"),
        (
            scenario(slackApp={"chat.update": [{"drop": "now"}]}),
            'slackApp.chat.update[0].drop: expected "before" or "after", got "now"',
        ),
        (
            scenario(slackApp={"chat.update": [{"body": "ok"}]}),
            "slackApp.chat.update[0].body: unknown key; expected one of status, headers, error",
        ),
        (scenario(slack=[{"delay": 5}]), "slack[0].delay: unknown key; expected one of status, "),
        (
            scenario(slack=[{"headers": {"Retry-After": 1}}]),
            "slack[0].headers.Retry-After: expected a string, got 1",
        ),
    ],
)
def test_a_mistake_is_named(document: object, said: str) -> None:
    assert complaint(document).startswith(said)


def test_a_long_value_is_cut_in_the_complaint() -> None:
    assert len(complaint(scenario(taskId="x" * 10_000))) < 150


def test_truncated_json_is_told_with_file_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "cut.json"
    path.write_text('{\n  "taskId": "t-1",\n  "describe": [')
    with pytest.raises(BadScenario, match=r"cut\.json:3:16: not complete, valid JSON: "):
        load(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadScenario, match=r"none\.json: No such file or directory"):
        load(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\xff", "expected UTF-8 text"),
        (b"[" * 100_000, "nested too deeply"),
        (b"1" * 5_000, "a number is too long"),
    ],
)
def test_what_no_json_reader_takes_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "odd.json"
    path.write_bytes(content)
    with pytest.raises(BadScenario, match=said):
        load(path)


def test_a_mistake_in_a_file_begins_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "odd.json"
    path.write_text(json.dumps(scenario(taskType="both")))
    with pytest.raises(BadScenario, match=r"odd\.json: taskType: expected"):
        load(path)
