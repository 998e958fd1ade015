"""What AWS IoT answers, or does not, becomes a sight; nothing is raised."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from botocore.parsers import ResponseParserError
from botocore.stub import Stubber

from mitigation.decision import Missing, Problem, Refused, Seen, Sight, Trouble
from mitigation.describe import describe
from mitigation.kind import TaskType
from mitigation.member import NotListed, RoleRefused
from mitigation.watch import Watch

DETECT = "describe_detect_mitigation_actions_task"
AUDIT = "describe_audit_mitigation_actions_task"
client: Any = boto3.client("iot", "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")


@pytest.fixture
def iot() -> Iterator[Stubber]:
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def sight(task_type: TaskType = TaskType.DETECT) -> Sight:
    return describe(lambda: client, Watch(task_type, "t-1"))


def test_a_task_is_seen_with_aws_s_own_answer(iot: Stubber) -> None:
    iot.add_response(DETECT, {"taskSummary": {"taskStatus": "FAILED"}}, {"taskId": "t-1"})
    found = sight()
    assert isinstance(found, Seen)
    assert (found.task.id, found.task.status) == ("t-1", "FAILED")
    assert found.answer == {"taskSummary": {"taskStatus": "FAILED"}}


def test_an_audit_task_is_asked_for_as_one(iot: Stubber) -> None:
    iot.add_response(AUDIT, {"taskStatus": "COMPLETED"}, {"taskId": "t-1"})
    found = sight(TaskType.AUDIT)
    assert isinstance(found, Seen)
    assert found.task.type is TaskType.AUDIT


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("ResourceNotFoundException", 404, Missing()),
        ("InvalidRequestException", 400, Refused(Problem("InvalidRequestException", "why"))),
        ("ThrottlingException", 400, Trouble(Problem("ThrottlingException", "why"))),
        ("AccessDeniedException", 403, Trouble(Problem("AccessDeniedException", "why"))),
        ("SomethingNew", 418, Trouble(Problem("SomethingNew", "why"))),
    ],
)
def test_an_error_of_aws_is_known_by_its_code(
    iot: Stubber, code: str, status: int, expected: Sight
) -> None:
    iot.add_client_error(DETECT, code, "why", status)
    found = sight()
    assert (type(found), found) == (type(expected), expected)  # equal named tuples may be others


@pytest.mark.parametrize("answer", [{}, {"taskSummary": {}}, {"taskSummary": {"taskId": "t-1"}}])
def test_an_answer_without_a_status_says_nothing_about_the_task(
    iot: Stubber, answer: dict[str, Any]
) -> None:
    """A proxy's web page with 200 reads as an empty answer."""
    iot.add_response(DETECT, answer)
    assert sight() == Trouble(Problem("EmptyAnswer", "AWS IoT's answer holds no taskStatus"))


@pytest.mark.parametrize(
    ("raised", "name"),
    [
        (EndpointConnectionError(endpoint_url="https://iot"), "EndpointConnectionError"),
        (ReadTimeoutError(endpoint_url="https://iot"), "ReadTimeoutError"),
        (ResponseParserError("<html>" + 1_000 * "x"), "ResponseParserError"),
        (ValueError("invalid literal for int() with base 10: 'x'"), "ValueError"),
        (ClientError({}, "Describe"), "ClientError"),
    ],
)
def test_no_answer_is_trouble(
    monkeypatch: pytest.MonkeyPatch, raised: Exception, name: str
) -> None:
    def fail(**_: str) -> None:
        raise raised

    monkeypatch.setattr(client, DETECT, fail)
    assert sight() == Trouble(Problem(name, str(raised)[:500]))


def test_an_answer_that_is_no_task_is_trouble_that_names_the_member(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, DETECT, lambda **_: {"taskSummary": {"taskStatus": 7}})
    complaint = "taskSummary.taskStatus: expected text, got 7"
    assert sight() == Trouble(Problem("InvalidTask", complaint))


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (
            RoleRefused("it refuses us"),
            Trouble(Problem("RoleRefused", "it refuses us")),
        ),
        (NotListed("it is not listed"), Refused(Problem("NotListed", "it is not listed"))),
    ],
)
def test_a_role_that_refuses_is_trouble_and_a_member_that_was_removed_is_the_end(
    raised: Exception, expected: Sight
) -> None:
    def iot() -> Any:
        raise raised

    found = describe(iot, Watch(TaskType.DETECT, "t-1"))
    assert (type(found), found) == (type(expected), expected)
