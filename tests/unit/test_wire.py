"""AWS's answers become JSON and back, and every error names the member."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from mitigation.wire import InvalidTask, Reader, clip, format_time, parse_time, to_wire

CET = timezone(timedelta(hours=1))


def test_an_answer_of_boto3_becomes_json_without_its_metadata() -> None:
    answer = {
        "taskSummary": {"taskStartTime": datetime(2026, 11, 22, 11, 1, 7, tzinfo=CET), "n": [1]},
        "ResponseMetadata": {"HTTPStatusCode": 200},
    }
    assert to_wire(answer) == {"taskSummary": {"taskStartTime": "2026-11-22T10:01:07Z", "n": [1]}}


def test_fractions_of_a_second_are_kept() -> None:
    moment = datetime(2026, 11, 22, 10, 1, 7, 123456, tzinfo=UTC)
    assert parse_time(format_time(moment), "t") == moment


def test_half_of_a_surrogate_pair_is_replaced_in_names_and_in_keys() -> None:
    assert to_wire({"a\ud800": "b\udfff"}) == {"a?": "b?"}
    assert Reader.of({"a": "b\ud800"}).text("a") == "b?"


def test_what_has_no_place_in_an_answer_is_refused() -> None:
    with pytest.raises(InvalidTask, match="a set has no place in an AWS answer"):
        to_wire({"a": {1}})


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 11, 22, 11, 1, 7, tzinfo=CET),
        "2026-11-22T10:01:07Z",
        "2026-11-22T10:01:07+00:00",
        "2026-11-22T11:01:07.000+01:00",
        1795341667,
        1795341667.0,
    ],
)
def test_a_time_is_read_in_each_shape_that_aws_tools_give_it(value: Any) -> None:
    assert parse_time(value, "t") == datetime(2026, 11, 22, 10, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-22",
        "2026-11-22T10:01:07",
        datetime(2026, 11, 22, 10),  # noqa: DTZ001  what the test is about
        "",
        "now",
        True,
        [],
        float("nan"),
        1e300,
        10**30,
    ],
)
def test_a_time_that_could_be_any_moment_is_refused(value: Any) -> None:
    with pytest.raises(InvalidTask, match=r"^task\.start: expected an ISO 8601 time with its off"):
        parse_time(value, "task.start")


def test_a_child_of_nothing_reads_as_nothing_and_keeps_its_path() -> None:
    child = Reader.of({}).child("a").child("b")
    assert child.text("c") is None
    assert child.texts("c") == ()
    assert child.path == "a.b"


def test_a_child_that_is_null_is_an_empty_one() -> None:
    assert [(name, child.members) for name, child in Reader.of({"a": None}).children()] == [
        ("a", {})
    ]


def test_a_whole_number_is_no_boolean() -> None:
    with pytest.raises(InvalidTask, match=r"^n: expected a whole number, got True"):
        Reader.of({"n": True}).count("n")


@pytest.mark.parametrize(
    ("text", "size", "clipped"),
    [
        ("abc", 3, "abc"),
        ("abcdef", 5, "ab…"),
        ("ééé", 6, "ééé"),
        ("éééé", 6, "é…"),
        ("😀😀😀", 8, "😀…"),
    ],
)
def test_clipped_text_has_at_most_so_many_bytes_and_no_half_characters(
    text: str, size: int, clipped: str
) -> None:
    assert clip(text, size) == clipped
    assert len(clipped.encode()) <= size


def test_the_wire_is_json() -> None:
    answer = {"a": (1, 2.5, None, True), "b": {"c": datetime(2026, 11, 22, tzinfo=UTC)}}
    assert json.loads(json.dumps(to_wire(answer))) == {
        "a": [1, 2.5, None, True],
        "b": {"c": "2026-11-22T00:00:00Z"},
    }
