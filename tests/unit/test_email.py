"""The e-mail: a subject that SNS takes, and a body that answers in order of urgency."""

from typing import Any

import pytest

from embedded.sns_limits import check_publish
from mitigation.messages import email
from mitigation.place import Place
from mitigation.report import Report
from mitigation.task import Task
from mitigation.watch import StartedBy
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


def test_the_subject_of_the_design_s_example() -> None:
    assert email.subject(Report.of(detect("FAILED", executed=8, skipped=1, failed=3))) == (
        "[FAILED] quarantine-7: 3 of 12 mitigation actions failed"
    )


def test_a_headline_longer_than_a_subject_is_cut_after_the_name() -> None:
    subject = email.subject(Report.of(detect("S" * 200)))
    assert len(subject) == 99
    assert subject.startswith("[UNKNOWN STATUS] quarantine-7: status SSS")
    assert subject.endswith("...")


def test_the_body_answers_in_order_of_urgency() -> None:
    task = detect(
        "FAILED",
        executed=1,
        failed=1,
        target={"violationIds": ["v-1"], "securityProfileName": "Fleet"},
        taskStartTime="2026-11-22T10:01:07Z",
        actionsDefinition=[{"name": "Quarantine"}],
    )
    details = fold(
        row(error_code="Full", name="sensor-17", subject_id="v-1", action_name="Quarantine"),
        row("SKIPPED", error_code="Gone", name="sensor-40"),
    )
    body = body_of(task, details=details, place=PLACE, started_by=StartedBy("ada", None, None))
    order = [
        "FAILED: 1 of 2 actions failed",
        "What failed",
        "sensor-17",
        "Security profile Fleet, 1 violation",
        "region eu-west-1",
        "Started 2026-11-22 10:01:07 UTC by ada",
        "What was skipped",
        "sensor-40",
        "Actions",
        "v-1",
        "https://",
        "Next",
        "Retry the failed violation",
    ]
    places = [body.index(text) for text in order]
    assert places == sorted(places)


def test_a_cause_names_its_things_and_what_aws_says() -> None:
    rows = [row(error_code="Full", name=f"sensor-{n}", message="Group is full") for n in range(12)]
    body = body_of(detect("FAILED"), details=fold(*rows))
    names = ", ".join(f"sensor-{n}" for n in range(10))
    assert f'\n  Full (12): {names} and 2 more\n    "Group is full"\n' in body


def test_a_cause_without_names_has_no_colon() -> None:
    assert "\n  Full (1)\n" in body_of(detect("FAILED"), details=fold(row(error_code="Full")))


def test_a_name_keeps_its_own_punctuation() -> None:
    body = body_of(detect("FAILED"), details=fold(row(error_code="Full", name="sensor: ")))
    assert "\n  Full (1): sensor: \n" in body


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


def test_a_name_cannot_forge_a_line() -> None:
    body = body_of(detect("FAILED", taskId="t"), details=fold(row(name="x\nNext\n  rm -rf /")))
    assert r"x\nNext\n  rm -rf /" in body
    assert body.count("\nNext\n") == 1


def test_a_body_that_is_too_long_is_cut_and_says_so() -> None:
    statistics: dict[str, Any] = {f"{n}{'設' * 900}": {} for n in range(50)}
    body = body_of(audit(taskStatistics=statistics))
    assert len(body.encode()) <= email.BODY_SIZE
    assert body.endswith("\n[cut: the message is too long]")
