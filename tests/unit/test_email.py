"""The e-mail: a subject that SNS takes, and a body that answers in order of urgency."""

from typing import Any

import pytest

from embedded.sns_limits import check_publish
from mitigation.causes import Row
from mitigation.messages import email
from mitigation.place import Place
from mitigation.report import Report
from mitigation.task import Task
from mitigation.words import Clock
from tests.support.details import fold, row
from tests.support.tasks import audit, detect

PLACE = Place.of_execution("arn:aws:states:eu-west-1:123456789012:execution:WatchTask:x")


def body_of(task: Task, **more: Any) -> str:
    return email.render(Report.of(task, **more), Clock()).body


@pytest.mark.parametrize(
    "name", ["quarantine-7", "x" * 128, "Gerät", "設備" * 60, "a\r\nBcc: x", "\u202e", "😀" * 128]
)
def test_any_name_makes_a_subject_that_sns_takes(name: str) -> None:
    subject = email.subject(Report.of(detect("FAILED", taskId=name, executed=8, failed=3)))
    check_publish("body", subject, "", {})
    assert subject.startswith("[FAILED] ")
    assert subject.endswith(": 3 of 11 mitigation actions failed")


def test_a_headline_longer_than_a_subject_is_cut_after_the_name() -> None:
    subject = email.subject(Report.of(detect("S" * 200)))
    assert len(subject) == 99
    assert subject.startswith("[UNKNOWN STATUS] quarantine-7: status SSS")
    assert subject.endswith("...")


OPENINGS = {
    "CANCELED after 4 mitigation actions; nothing is rolled back\n"
    "4 actions executed, 0 failed, 1 skipped": detect("CANCELED", executed=4, skipped=1, failed=0),
    "FAILED: canceled; 1 of 5 mitigation actions failed\n1 action failed, 4 executed": (
        detect("CANCELED", executed=4, failed=1)
    ),
    "FAILED: all 2 actions failed\n": detect("FAILED", failed=2),
    "FAILED: the task failed\nAll 2 actions executed": detect("FAILED", executed=2, failed=0),
    "SUCCEEDED; AWS gave no counts\n\n": detect(),
    "SUCCEEDED; AWS gave no counts\nAll 2 actions skipped": detect(skipped=2),
}


@pytest.mark.parametrize(("opening", "task"), OPENINGS.items())
def test_what_happened_is_not_told_twice_in_the_first_lines(opening: str, task: Task) -> None:
    assert body_of(task, place=PLACE).startswith(opening)


def test_a_cause_names_its_things_and_what_aws_says() -> None:
    rows = [row(error_code="Full", name=f"sensor-{n}", message="Group is full") for n in range(12)]
    body = body_of(detect("FAILED"), details=fold(*rows))
    names = ", ".join(f"sensor-{n}" for n in range(10))
    assert f'\n  Full (12): {names} and 2 more\n    "Group is full"\n' in body


@pytest.mark.parametrize(
    ("failed", "shown"),
    [
        (row(error_code="Full"), "  Full (1)"),
        (row(error_code="Full", name="sensor: "), "  Full (1): sensor: "),
        (row(message="It is gone", name="sensor-7"), "  It is gone (1): sensor-7"),
        (row(name="sensor-7"), "  no reason given (1): sensor-7"),
        (row(name="x\nNext\n  rm -rf /"), r"  no reason given (1): x\nNext\n  rm -rf /"),
    ],
)
def test_a_cause_is_one_line_of_what_is_known(failed: Row, shown: str) -> None:
    body = body_of(detect("FAILED"), details=fold(failed))
    assert f"\nWhat failed\n{shown}\n\n" in body


def test_causes_beyond_the_commonest_are_counted() -> None:
    body = body_of(detect("FAILED"), details=fold(*(row(error_code=f"E{n}") for n in range(11))))
    assert "\n  and 3 rows with other errors\n" in body


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (
            detect("FAILED", failed=12),
            "  Full (3)\n  9 more failed; AWS did not list them (yet)",
        ),
        (detect("FAILED", failed=4), "1 more failed; AWS did not list it (yet)"),
        (
            detect("FAILED", skipped=2),
            "What was skipped\n  2 more skipped; AWS did not list",
        ),
        (audit("FAILED", failed=2), "2 more could not be mitigated; AWS did not list them (yet)"),
    ],
)
def test_what_aws_has_counted_and_not_listed_is_said(task: Task, said: str) -> None:
    assert said in body_of(task, details=fold(*[row(error_code="Full")] * 3))


@pytest.mark.parametrize(
    ("details", "said"),
    [
        (fold(row(), row(), cut=True), "Only the first 2 rows were read; there are more."),
        (
            fold(error="ThrottlingException: Rate exceeded"),
            "The details could not be read: ThrottlingException: Rate exceeded",
        ),
        (
            fold(row(), row(), error="AccessDeniedException"),
            "The details could not be read after 2 rows: AccessDeniedException",
        ),
    ],
)
def test_details_that_are_not_all_there_say_so(details: Any, said: str) -> None:
    assert said in body_of(detect("FAILED"), details=details)


def test_a_body_that_is_too_long_is_cut_and_says_so() -> None:
    statistics: dict[str, Any] = {f"{n}{'設' * 900}": {} for n in range(50)}
    body = body_of(audit(taskStatistics=statistics))
    assert len(body.encode()) <= email.BODY_SIZE
    assert body.endswith("\n[cut: the message is too long]")
