"""AWS's answers and our own records become JSON and back; every error names the member."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple

import pytest

from mitigation.causes import Details
from mitigation.codec import decode, encode
from mitigation.decision import Decision, Look, Memory
from mitigation.wire import InvalidTask, Reader, clip, parse_time, to_wire

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
