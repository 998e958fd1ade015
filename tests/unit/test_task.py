"""What AWS IoT answers about a task, or does not: never an error of ours."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from mitigation import undo
from mitigation.causes import FAILED, SKIPPED
from mitigation.decision import Missing, Problem, Refused, Seen, Sight, Trouble
from mitigation.describe import describe
from mitigation.kind import KINDS, TaskType
from mitigation.member import NotListed, RoleRefused
from mitigation.task import Check, Statistics, Target, parse_task, task_type_of
from mitigation.watch import Watch
from mitigation.wire import InvalidTask
from tests.support.service_model import enum_of, members_of
from tests.support.tasks import audit, detect


@pytest.mark.parametrize("make", [detect, audit])
def test_our_statuses_are_those_of_the_service_model_and_only_one_is_no_end(make: Any) -> None:
    kind = make().type
    known = {status.value for status in KINDS[kind].statuses}
    assert known == enum_of(f"{kind.capitalize()}MitigationActionsTaskStatus")
    assert {status for status in known if not make(status).is_terminal} == {"IN_PROGRESS"}
    assert not make("ROLLED_BACK").is_terminal


@pytest.mark.parametrize("shape", ["DetectMitigationAction", "AuditMitigationActions"])
def test_every_status_of_an_action_execution_is_known(shape: str) -> None:
    told, theirs = {FAILED, SKIPPED, *undo.EXECUTED.values()}, enum_of(f"{shape}ExecutionStatus")
    assert theirs <= told | {"IN_PROGRESS", "PENDING", "CANCELED"}
    assert len(theirs & told) == 3


def test_an_audit_answer_is_read_whole_and_its_counts_are_summed() -> None:
    answer = {
        "taskStatus": "COMPLETED",
        "taskStatistics": {
            "ONE": {"totalFindingsCount": 5, "failedFindingsCount": 1, "succeededFindingsCount": 4},
            "TWO": {"totalFindingsCount": 3, "skippedFindingsCount": 2, "canceledFindingsCount": 1},
        },
        "target": {
            "auditTaskId": "audit",
            "findingIds": ["f1"],
            "auditCheckToReasonCodeFilter": {"TWO": ["CODE"], "THREE": ["OTHER"]},
        },
        "auditCheckToActionsMapping": {"ONE": ["A"], "TWO": ["A", "B"]},
    }
    task = parse_task(answer, TaskType.AUDIT, "audit-46")
    target = Target(audit_task_id="audit", finding_ids=("f1",))
    assert (task.id, task.target) == ("audit-46", target)
    assert task.statistics == Statistics(executed=4, skipped=2, failed=1, canceled=1, total=8)
    assert task.checks == (
        Check("ONE", Statistics(executed=4, failed=1, total=5), ("A",), ()),
        Check("TWO", Statistics(skipped=2, canceled=1, total=3), ("A", "B"), ("CODE",)),
        Check("THREE", None, (), ("OTHER",)),
    )


def test_counts_that_aws_does_not_give_are_not_known_and_what_is_none_is_named() -> None:
    assert audit(taskStatistics={"C": {}}).statistics == Statistics()
    with pytest.raises(InvalidTask, match=r"^taskStatistics\.C\.failedFindingsCount: expected a"):
        audit(taskStatistics={"C": {"failedFindingsCount": "x"}})


def test_any_member_of_an_audit_answer_tells_that_it_is_one_and_nothing_else_does() -> None:
    members = members_of("DescribeAuditMitigationActionsTaskResponse")
    assert {task_type_of({member: None}) for member in members} == {TaskType.AUDIT}
    others: list[Any] = [{}, [], None, {"taskSummary": {}}]
    assert {task_type_of(answer) for answer in others} == {TaskType.DETECT}


def sight(outcome: Any, kind: str = "detect") -> Sight:
    """What is seen where AWS IoT answers this, or raises it."""

    def ask(**members: str) -> Any:
        assert members == {"taskId": "t-1"}
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    iot: Any = SimpleNamespace(**{f"describe_{kind}_mitigation_actions_task": ask})
    return describe(lambda: iot, Watch(TaskType(kind), "t-1"))


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "why"}}, "Describe")


@pytest.mark.parametrize(
    ("kind", "answer"),
    [("detect", {"taskSummary": {"taskStatus": "FAILED"}}), ("audit", {"taskStatus": "FAILED"})],
)
def test_a_task_is_seen_with_aws_s_own_answer(kind: str, answer: dict[str, Any]) -> None:
    found = sight({**answer, "ResponseMetadata": {}}, kind)
    assert isinstance(found, Seen)
    assert (found.task.type, found.task.id, found.task.status) == (kind, "t-1", "FAILED")
    assert found.answer == answer


LONG = EndpointConnectionError(endpoint_url=f"https://{'x' * 999}")
NO_CODE, NO_STATUS = ClientError({}, "Describe"), {"taskSummary": {"taskStatus": 7}}


@pytest.mark.parametrize(
    ("outcome", "kind", "problem"),
    [
        (refusal("ResourceNotFoundException"), Missing, ()),
        (refusal("InvalidRequestException"), Refused, ("InvalidRequestException", "why")),
        (refusal("SomethingNew"), Trouble, ("SomethingNew", "why")),
        # A proxy's web page with 200 reads as an empty answer.
        ({}, Trouble, ("EmptyAnswer", "AWS IoT's answer holds no taskStatus")),
        (NO_STATUS, Trouble, ("InvalidTask", "taskSummary.taskStatus: expected text, got 7")),
        (LONG, Trouble, ("EndpointConnectionError", str(LONG)[:500])),
        (ValueError("int: 'x'"), Trouble, ("ValueError", "int: 'x'")),
        (NO_CODE, Trouble, ("ClientError", str(NO_CODE))),
        (RoleRefused("it refuses us"), Trouble, ("RoleRefused", "it refuses us")),
        (NotListed("it is not listed"), Refused, ("NotListed", "it is not listed")),
    ],
)
def test_an_answer_is_known_by_code_or_status(outcome: Any, kind: Any, problem: Any) -> None:
    found = sight(outcome)
    assert (type(found), found) == (kind, kind(Problem(*problem)) if problem else kind())
