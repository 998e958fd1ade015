"""What AWS IoT answers about a task, and our own records as JSON: every error names the member."""

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from mitigation import undo
from mitigation.causes import FAILED, SKIPPED, Details
from mitigation.codec import decode, encode
from mitigation.decision import Decision, Look, Memory, Missing, Problem, Refused, Seen, Trouble
from mitigation.describe import describe
from mitigation.kind import KINDS, TaskType
from mitigation.member import NotListed, RoleRefused
from mitigation.task import Check, Statistics, Target, parse_task, task_type_of
from mitigation.watch import Watch
from mitigation.wire import InvalidTask, Reader, clip, parse_time, to_wire
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


def sight(outcome: Any, kind: str = "detect") -> Any:
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


# --- On the wire ------------------------------------------------------------------------------

CET = timezone(timedelta(hours=1))
MORNING = datetime(2026, 11, 22, 10, 1, 7, tzinfo=UTC)
ZONELESS = datetime(2026, 11, 22, 10)  # noqa: DTZ001  what the test is about


def test_an_answer_of_boto3_becomes_json_without_its_metadata_and_what_is_none_is_named() -> None:
    answer = {
        "taskSummary": {"start": MORNING.astimezone(CET), "n": (1, 2.5, None, True)},
        "half a pair \ud800": "\udfff",
        "ResponseMetadata": {"HTTPStatusCode": 200},
    }
    assert to_wire(answer) == {
        "taskSummary": {"start": "2026-11-22T10:01:07Z", "n": [1, 2.5, None, True]},
        "half a pair ?": "?",
    }
    with pytest.raises(InvalidTask, match="a set has no place in an AWS answer"):
        to_wire({"a": {1}})
    with pytest.raises(InvalidTask, match=r"^the Describe answer: expected an object, got \[\]$"):
        Reader.of([])


def test_a_time_is_read_in_each_shape_that_aws_tools_give_it() -> None:
    shapes = [MORNING.astimezone(CET), "2026-11-22T11:01:07.000+01:00", 1795341667, 1795341667.0]
    assert [parse_time(shape, "t") for shape in shapes] == 4 * [MORNING]


@pytest.mark.parametrize(
    "value", ["2026-11-22", "2026-11-22T10:01:07", ZONELESS, "now", True, [], float("nan"), 1e300]
)
def test_a_time_that_could_be_any_moment_is_refused(value: Any) -> None:
    with pytest.raises(InvalidTask, match=r"^task\.start: expected an ISO 8601 time with its off"):
        parse_time(value, "task.start")


def test_what_is_absent_null_or_empty_reads_as_nothing_and_keeps_its_path() -> None:
    reader = Reader.of({"a": None, "text": ""})
    child = reader.child("a").child("b")
    assert (child.text("c"), child.texts("c"), child.path) == (None, (), "a.b")
    assert [(name, each.members) for name, each in Reader.of({"a": None}).children()] == [("a", {})]
    assert reader.text("text") is None


WORDY = "x" * 99


@pytest.mark.parametrize(
    ("read", "value", "complaint"),
    [
        ("child", WORDY, f"a.b: expected an object, got {repr(WORDY)[:57]}…"),
        ("text", 7, "a.b: expected text, got 7"),
        ("time", "soon", "a.b: expected an ISO 8601 time with its offset, got 'soon'"),
        ("count", "3", "a.b: expected a whole number, got '3'"),
        ("count", True, "a.b: expected a whole number, got True"),
        ("flag", "yes", "a.b: expected true or false, got 'yes'"),
        ("texts", "v1", "a.b: expected a list, got 'v1'"),
        ("texts", ["v1", 7], "a.b: expected texts only, got 7"),
        ("items", [{}, 3], "a.b[1]: expected an object, got 3"),
    ],
)
def test_what_is_no_such_member_is_named(read: str, value: Any, complaint: str) -> None:
    with pytest.raises(InvalidTask) as error:
        [*getattr(Reader.of({"b": value}, "a"), read)("b")]
    assert str(error.value) == complaint


def test_clipped_text_has_at_most_so_many_bytes_and_no_half_characters() -> None:
    clips = {("abc", 3): "abc", ("abcdef", 5): "ab…", ("ééé", 6): "ééé", ("éééé", 6): "é…"}
    assert {each: clip(*each) for each in clips} == clips


class Strict(NamedTuple):
    first_name: str
    number: int
    decision: Decision | None


def test_names_are_spelled_as_aws_spells_them_and_what_has_no_json_is_refused() -> None:
    written = {"firstName": "Ada", "number": 1, "decision": "wait"}
    assert encode(Strict("Ada", 1, Decision.WAIT)) == written
    with pytest.raises(TypeError, match="a set has no place in a record"):
        encode({1})


def test_what_is_absent_or_null_takes_the_default_or_is_missed_and_strangers_are_not() -> None:
    assert decode(Look, {"decision": "wait", "waitSeconds": None, "new": 1}) == Look(Decision.WAIT)
    assert decode(Strict, {"firstName": "\ud800", "number": 2}) == Strict("?", 2, None)
    with pytest.raises(InvalidTask, match=r"^missing: firstName, number$"):
        decode(Strict, {})


@pytest.mark.parametrize(
    ("record", "members", "complaint"),
    [
        (Strict, [], "x: expected an object, got []"),
        (Strict, {}, "missing: x.firstName, x.number"),
        (Strict, {"firstName": 7, "number": 1}, "x.firstName: expected text, got '7'"),
        (Strict, {"number": True}, "x.number: expected a whole number, got 'True'"),
        (Strict, {"decision": "b" * 61}, f"x.decision: {'b' * 60!r} is not known here"),
        (Details, {"failed": "f" * 61}, f"x.failed: expected a list, got {'f' * 60!r}"),
        (Details, {"failed": [{"names": [1]}]}, "x.failed[0].names[0]: expected text, got '1'"),
        (Details, {"cut": 1}, "x.cut: expected true or false, got '1'"),
        (Memory, {"channels": []}, "x.channels: expected an object, got '[]'"),
        (Memory, {"channels": {"sns": 1}}, "x.channels.sns: expected an object, got 1"),
        (Memory, {"since": "x"}, "x.since: expected an ISO 8601 time with its offset, got 'x'"),
    ],
)
def test_what_is_no_such_record_is_named(record: type[Any], members: Any, complaint: str) -> None:
    with pytest.raises(InvalidTask) as error:
        decode(record, members, "x")
    assert str(error.value) == complaint
