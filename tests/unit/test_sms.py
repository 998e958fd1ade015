"""The SMS: one segment, whatever the names hold; the most telling first."""

from typing import Any

import pytest

from mitigation.messages import sms
from mitigation.place import Place
from mitigation.report import Report
from tests.support.details import fold, row
from tests.support.stack import product
from tests.support.tasks import detect

PLACE = Place.of_execution(
    "arn:aws:states:eu-west-1:123456789012:execution:WatchTask:x", "production"
)


def text_of(task: Any = None, **more: Any) -> str:
    return sms.render(Report.of(task or detect("FAILED", executed=8, failed=3), **more))


def places(text: str) -> int:
    """What the text takes in the GSM 7-bit alphabet."""
    return len(text) + sum(text.count(double) for double in "^{}\\[]~|")


def test_the_name_that_sns_puts_before_it_is_that_of_the_topic() -> None:
    topic = product().template["Resources"]["NotificationTopic"]["Properties"]
    assert topic["DisplayName"] == sms.DISPLAY_NAME
    assert 160 - len("MITIGATION> ") == sms.TEXT_LENGTH


def test_the_first_cause_and_the_place_follow_where_they_fit() -> None:
    rows = [row(error_code="LimitExceededException", name=f"sensor-{n}") for n in range(3)]
    assert text_of(details=fold(*rows), place=PLACE) == (
        "FAILED quarantine-7: 3 of 11 mitigation actions failed. "
        "LimitExceededException: sensor-0, sensor-1. production eu-west-1"
    )


def test_a_cause_that_does_not_fit_leaves_room_for_the_place() -> None:
    details = fold(row(error_code="E" * 100, name="n" * 100))
    assert text_of(details=details, place=PLACE) == (
        "FAILED quarantine-7: 3 of 11 mitigation actions failed. production eu-west-1"
    )


def test_a_long_name_gives_way_to_what_happened() -> None:
    text = text_of(detect("FAILED", taskId="x" * 128, executed=8, failed=3))
    assert text == f"FAILED {'x' * 37}...: 3 of 11 mitigation actions failed"


@pytest.mark.parametrize("name", ["`", "^{}\\[]~|" * 16, "設" * 128, "😀" * 128, "ﷺ" * 128, "a\nb"])
def test_any_name_fits_into_one_segment(name: str) -> None:
    text = text_of(detect(name, taskId=name), details=fold(row(error_code=name, name=name)))
    assert places(text) <= 148
    assert text.isascii()
    assert text.isprintable()
    assert "`" not in text


def test_a_text_of_exactly_one_segment_is_kept_and_a_longer_one_is_cut() -> None:
    def with_status(length: int) -> str:
        return text_of(detect("S" * length, taskId="t"))

    head = "UNKNOWN STATUS t: status  is unknown"
    room = 148 - len(head)
    assert with_status(room).endswith("S is unknown")
    assert len(with_status(room)) == 148
    assert with_status(room + 1).endswith("...")
    assert len(with_status(room + 1)) == 148
