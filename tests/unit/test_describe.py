"""What AWS IoT answers, or does not, becomes a sight; nothing is raised."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from mitigation.decision import Missing, Problem, Refused, Seen, Sight, Trouble
from mitigation.describe import describe
from mitigation.kind import TaskType
from mitigation.member import NotListed, RoleRefused
from mitigation.watch import Watch

NO_STATUS = Trouble(Problem("EmptyAnswer", "AWS IoT's answer holds no taskStatus"))


def sight(outcome: Any, kind: str = "detect") -> Sight:
    """What is seen where AWS IoT answers this, or raises it."""

    def ask(**members: str) -> Any:
        assert members == {"taskId": "t-1"}
        return _given(outcome)

    iot: Any = SimpleNamespace(**{f"describe_{kind}_mitigation_actions_task": ask})
    return describe(lambda: iot, Watch(TaskType(kind), "t-1"))


def _given(outcome: Any) -> Any:
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


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


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (refusal("ResourceNotFoundException"), Missing()),
        (
            refusal("InvalidRequestException"),
            Refused(Problem("InvalidRequestException", "why")),
        ),
        (refusal("ThrottlingException"), Trouble(Problem("ThrottlingException", "why"))),
        (refusal("SomethingNew"), Trouble(Problem("SomethingNew", "why"))),
        # A proxy's web page with 200 reads as an empty answer.
        ({}, NO_STATUS),
        ({"taskSummary": {"taskId": "t-1"}}, NO_STATUS),
        (
            {"taskSummary": {"taskStatus": 7}},
            Trouble(Problem("InvalidTask", "taskSummary.taskStatus: expected text, got 7")),
        ),
    ],
    ids=str,
)
def test_what_aws_answers_is_known_by_its_code_or_its_status(outcome: Any, expected: Sight) -> None:
    found = sight(outcome)
    assert (type(found), found) == (type(expected), expected)  # equal named tuples may be others


@pytest.mark.parametrize(
    "raised",
    [
        EndpointConnectionError(endpoint_url="https://iot"),
        ReadTimeoutError(endpoint_url="https://iot"),
        ResponseParserError("<html>" + 1_000 * "x"),
        ValueError("invalid literal for int() with base 10: 'x'"),
        ClientError({}, "Describe"),
    ],
    ids=lambda raised: type(raised).__name__,
)
def test_no_answer_is_trouble(raised: Exception) -> None:
    assert sight(raised) == Trouble(Problem(type(raised).__name__, str(raised)[:500]))


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (RoleRefused("it refuses us"), Trouble(Problem("RoleRefused", "it refuses us"))),
        (NotListed("it is not listed"), Refused(Problem("NotListed", "it is not listed"))),
    ],
)
def test_a_role_that_refuses_is_trouble_and_a_member_that_was_removed_is_the_end(
    raised: Exception, expected: Sight
) -> None:
    found = describe(lambda: _given(raised), Watch(TaskType.DETECT, "t-1"))
    assert (type(found), found) == (type(expected), expected)
