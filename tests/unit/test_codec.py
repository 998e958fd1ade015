"""Records come back from JSON as they went; what is none is named by its member."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import pytest

from mitigation.causes import Cause, Details, RetryBatch
from mitigation.codec import decode, encode
from mitigation.decision import ChannelMemory, Decision, Look, Memory, Problem
from mitigation.watch import StartedBy
from mitigation.wire import InvalidTask

DETAILS = Details(
    rows=3,
    cut=True,
    error="Throttled",
    failed_rows=2,
    skipped_rows=1,
    failed_subjects=2,
    failed=(Cause("E", 2, ("a", "b"), 4, "why"), Cause(None, 1, (), 0, None)),
    skipped=(Cause("S", 1),),
    retries=(RetryBatch(None, ("A", "B"), ("v1",)),),
)
LOOK = Look(
    Decision.OUT_OF_SIGHT,
    30,
    Memory(
        age_seconds=1_000,
        since=datetime(2026, 11, 22, 10, 1, 7, 250_000, tzinfo=UTC),
        events=18,
        reminders=1,
        missing_since=3,
        trouble_since=90,
        trouble_told=True,
        outages_told=1,
        problem=Problem("AccessDeniedException", "no"),
        channels={"sns": ChannelMemory(told_interim=True), "slack": ChannelMemory()},
        task={"taskSummary": {"taskStatus": "IN_PROGRESS", "new": [1, None]}},
        details=encode(DETAILS),
    ),
    retries=2,
)


class Color(StrEnum):
    RED = "red"


class Strict(NamedTuple):
    first_name: str
    number: int
    color: Color | None


@pytest.mark.parametrize(
    "record", [LOOK, Look(Decision.WAIT), DETAILS, StartedBy(None, "203.0.113.7", None)]
)
def test_a_record_comes_back_as_it_went(record: Any) -> None:
    assert decode(type(record), json.loads(json.dumps(encode(record)))) == record


def test_names_are_spelled_as_aws_spells_them() -> None:
    assert encode(Strict("Ada", 1, Color.RED)) == {"firstName": "Ada", "number": 1, "color": "red"}


def test_what_is_absent_or_null_takes_the_default_and_strangers_are_passed_over() -> None:
    assert decode(Look, {"decision": "wait", "waitSeconds": None, "new": 1}) == Look(Decision.WAIT)
    assert decode(Strict, {"firstName": "", "number": 2}) == Strict("", 2, None)


@pytest.mark.parametrize(
    ("record", "members", "complaint"),
    [
        (Strict, [], "x: expected an object, got []"),
        (Strict, {"firstName": "a"}, "missing: x.number"),
        (Strict, {}, "missing: x.firstName, x.number"),
        (Strict, {"firstName": 7, "number": 1}, "x.firstName: expected text, got '7'"),
        (Strict, {"number": True}, "x.number: expected a whole number, got 'True'"),
        (Strict, {"number": 1.5}, "x.number: expected a whole number, got '1.5'"),
        (Strict, {"color": "b" * 61}, f"x.color: {'b' * 60!r} is not known here"),
        (Details, {"failed": "f" * 61}, f"x.failed: expected a list, got {'f' * 60!r}"),
        (Details, {"failed": [{"names": [1]}]}, "x.failed[0].names[0]: expected text, got '1'"),
        (Details, {"retries": ["y"]}, "x.retries[0]: expected an object, got 'y'"),
        (Details, {"cut": 1}, "x.cut: expected true or false, got '1'"),
        (Memory, {"channels": []}, "x.channels: expected an object, got '[]'"),
        (Memory, {"channels": {"sns": 1}}, "x.channels.sns: expected an object, got 1"),
        (
            Memory,
            {"since": "soon"},
            "x.since: expected an ISO 8601 time with its offset, got 'soon'",
        ),
    ],
)
def test_what_is_no_such_record_is_named_by_its_member(
    record: type[Any], members: object, complaint: str
) -> None:
    with pytest.raises(InvalidTask) as error:
        decode(record, members, "x")
    assert str(error.value) == complaint


def test_a_record_of_its_own_has_no_path_before_its_members() -> None:
    with pytest.raises(InvalidTask, match=r"^missing: firstName, number$"):
        decode(Strict, {})


def test_half_a_surrogate_pair_can_be_sent_on() -> None:
    assert decode(StartedBy, {"arn": "a\ud800"}) == StartedBy("a?", None, None)


def test_what_has_no_json_is_refused() -> None:
    with pytest.raises(TypeError, match="a set has no place in a record"):
        encode({1})
