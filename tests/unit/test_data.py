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


def test_the_parameters_of_an_action_are_named_as_aws_does() -> None:
    shape = output_shape(DESCRIBE[TaskType.DETECT])
    [definition, *_] = largest(shape, unbounded=1)["taskSummary"]["actionsDefinition"]
    [action] = content_of(detect(actionsDefinition=[definition]))["actions"]
    assert action == definition


def test_a_check_without_counts_has_none() -> None:
    [check] = content_of(audit(auditCheckToActionsMapping={"C": ["A"]}))["checks"]
    assert check == {"name": "C", "counts": None, "actions": ["A"], "reasonCodes": []}


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
    task = detect(target={"violationIds": ["設" * 128] * 400})
    content = content_of(task)
    assert content["target"] is None
    assert "target" in content["cut"]
    text = data.render(Report.of(task))
    assert len(text) < data.LENGTH
    assert text.isascii()  # so that every consumer can read it
