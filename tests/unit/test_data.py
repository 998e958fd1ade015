"""The report as JSON: its schema is a promise to whoever reads it by program."""

import json
from typing import Any

import jsonschema
import pytest

from mitigation.kind import TaskType
from mitigation.messages import data
from mitigation.place import Place
from mitigation.report import Report, Severity, Verdict
from mitigation.task import Task
from mitigation.watch import StartedBy
from tests.support.details import fold, row
from tests.support.schema import SCHEMA, published, strict
from tests.support.service_model import DESCRIBE, largest, members_of, output_shape
from tests.support.tasks import audit, detect

PLACE = Place.of_execution("arn:aws:states:eu-west-1:123456789012:execution:WatchTask:x")


def content_of(task: Task, **more: Any) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(data.render(Report.of(task, **more)))
    strict.validate(content)
    return content


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_schema_knows_our_values() -> None:
    members = SCHEMA["properties"]
    assert members["version"]["const"] == data.VERSION
    assert members["taskType"]["enum"] == [*TaskType]
    assert members["verdict"]["enum"] == [*Verdict]
    assert members["severity"]["enum"] == [*Severity]
    assert set(SCHEMA["$defs"]["actionParams"]["properties"]) == members_of(
        "MitigationActionParams"
    )


@pytest.mark.parametrize(
    "change", [{"version": "2"}, {"verdict": "GOOD"}, {"counts": None}, {"failed": None}]
)
def test_the_schema_refuses_what_is_no_report(change: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        published.validate(content_of(detect()) | change)


def test_readers_let_new_members_pass_and_our_tests_do_not() -> None:
    content = content_of(detect(executed=1))
    content["counts"]["new"] = content["new"] = 1
    published.validate(content)
    assert len([*strict.iter_errors(content)]) == 2


@pytest.mark.parametrize("task", [detect(), detect(None), audit(), audit(total=3, failed=3)])
def test_every_member_is_always_there(task: Task) -> None:
    assert set(content_of(task)) == set(SCHEMA["properties"])


def test_a_report_tells_all_that_is_known() -> None:
    task = detect(
        "FAILED",
        executed=1,
        failed=1,
        taskStartTime="2026-11-22T10:00:00Z",
        taskEndTime="2026-11-22T10:01:00Z",
        target={"violationIds": ["v-1"]},
    )
    details = fold(row(error_code="Full", name="sensor-17", subject_id="v-1", action_name="A"))
    who = StartedBy("ada", "203.0.113.7", None)
    content = content_of(task, details=details, place=PLACE, started_by=who)
    expected = {
        "verdict": "PARTLY_FAILED",
        "severity": "CRITICAL",
        "final": True,
        "tookSeconds": 60,
        "startedBy": {"arn": "ada", "sourceIp": "203.0.113.7", "at": None},
        "rows": {"read": 1, "cut": False, "error": None, "missing": {"failed": 0, "skipped": 0}},
        "account": "123456789012",
        "region": "eu-west-1",
        "cut": [],
    }
    assert {name: content[name] for name in expected} == expected
    assert content["counts"]["failed"] == 1
    assert content["failed"][0]["names"] == ["sensor-17"]
    assert content["nextSteps"][-1]["title"] == "Retry the failed violation"


def test_the_parameters_of_an_action_are_named_as_aws_does() -> None:
    shape = output_shape(DESCRIBE[TaskType.DETECT])
    [definition, *_] = largest(shape, unbounded=1)["taskSummary"]["actionsDefinition"]
    [action] = content_of(detect(actionsDefinition=[definition]))["actions"]
    assert action == definition


def test_a_check_without_counts_has_none() -> None:
    [check] = content_of(audit(auditCheckToActionsMapping={"C": ["A"]}))["checks"]
    assert check == {"name": "C", "counts": None, "actions": ["A"], "reasonCodes": []}


def test_an_overdue_task_is_not_the_last_that_is_heard_of_it() -> None:
    assert content_of(detect("IN_PROGRESS"))["final"] is False


def test_a_report_that_is_too_long_leaves_out_the_least_urgent_and_names_it() -> None:
    groups = {"thingGroupNames": [f"{n:03}{'é' * 50}" for n in range(80)]}
    definition = {"actionParams": {"addThingsToThingGroupParams": groups}}
    task = detect(executed=1, actionsDefinition=[definition])
    text = data.render(Report.of(task, place=PLACE))
    content = json.loads(text)
    assert len(text) <= data.LENGTH
    assert content["cut"] == ["nextSteps"]
    assert content["nextSteps"] == []


def test_a_target_that_is_too_long_by_itself_is_left_out() -> None:
    content = content_of(detect(target={"violationIds": ["設" * 128] * 400}))
    assert content["target"] is None
    assert "target" in content["cut"]
    assert len(data.render(Report.of(detect(target={"violationIds": ["設" * 128] * 400})))) < 50_000


def test_every_consumer_can_read_it() -> None:
    assert data.render(Report.of(detect(taskId="設備\u202e"))).isascii()
