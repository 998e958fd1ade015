"""Action executions become a few lines: grouped, bounded, and honest about what is left out."""

import pytest

from mitigation.causes import (
    MAX_CAUSES,
    MAX_NAMES,
    Cause,
    Details,
    Missing,
    RetryBatch,
    Row,
    missing,
)
from mitigation.task import Task
from tests.support.details import fold, row
from tests.support.tasks import audit, detect


def test_failed_rows_are_grouped_by_error_code_the_commonest_first() -> None:
    details = fold(
        row(error_code="Rare", name="sensor-40"),
        row(error_code="Common", name="sensor-17", message="Thing group is full"),
        row(error_code="Common", name="sensor-21", message="Thing group is full, again"),
    )
    assert details.failed == (
        Cause("Common", 2, ("sensor-17", "sensor-21"), 0, "Thing group is full"),
        Cause("Rare", 1, ("sensor-40",), 0, None),
    )
    assert details.failed_rows == 3


def test_skipped_rows_are_grouped_likewise() -> None:
    details = fold(row("SKIPPED", error_code="Gone", name="sensor-1"))
    assert details.skipped == (Cause("Gone", 1, ("sensor-1",), 0, None),)
    assert details.failed == ()
    assert (details.failed_rows, details.skipped_rows) == (0, 1)


@pytest.mark.parametrize("status", ["IN_PROGRESS", "PENDING", "CANCELED", "NEW_ONE", None])
def test_rows_without_a_bad_end_are_only_counted(status: str | None) -> None:
    details = fold(row(status, name="sensor-1", subject_id="v1", action_name="A"))
    assert details == Details(rows=1)


@pytest.mark.parametrize(
    ("rows", "names", "message"),
    [
        ([row(name="sensor-1"), row(name="sensor-1")], ("sensor-1",), None),
        ([row(subject_id="v1"), row()], ("v1",), None),
        ([row(), row(message="why")], (), "why"),
        ([row(name="設" * 128), row()], ("設" * 128,), None),
    ],
    ids=[
        "a thing that failed twice is named once",
        "a row without a thing is named by its violation",
        "the message is the first row's that has one",
        "the longest name of a thing is kept whole",
    ],
)
def test_a_cause_has_names_and_a_message(
    rows: list[Row], names: tuple[str, ...], message: str | None
) -> None:
    assert fold(*rows).failed == (Cause(None, 2, names, 0, message),)


def test_names_beyond_the_first_few_are_counted() -> None:
    details = fold(*(row(name=f"sensor-{n % 24}") for n in range(99)))
    assert details.failed[0].count == 99
    assert len(details.failed[0].names) == MAX_NAMES
    assert details.failed[0].more == 24 - MAX_NAMES


def test_causes_beyond_the_commonest_are_left_to_the_count_of_rows() -> None:
    details = fold(*(row(error_code=f"E{n}") for n in range(30)))
    assert len(details.failed) == MAX_CAUSES
    assert details.failed_rows == 30


def test_what_others_wrote_at_length_is_clipped_with_an_ellipsis() -> None:
    details = fold(row(name="n" * 5_000, error_code="c" * 5_000, message="m" * 5_000))
    cause = details.failed[0]
    assert cause.message is not None
    assert cause.error_code is not None
    for text in (cause.message, cause.error_code, cause.names[0]):
        assert len(text.encode()) <= 400
        assert text.endswith("…")


def test_failed_violations_are_retried_with_the_actions_that_failed() -> None:
    details = fold(
        row(subject_id="v1", action_name="Quarantine"),
        row(subject_id="v1", action_name="Tell"),
        row(subject_id="v2", action_name="Tell"),
        row("SUCCESSFUL", subject_id="v2", action_name="Quarantine"),
    )
    assert details.retries == (
        RetryBatch(None, ("Quarantine", "Tell"), ("v1",)),
        RetryBatch(None, ("Tell",), ("v2",)),
    )
    assert details.failed_subjects == 2


def test_violations_are_retried_together_whatever_the_order_of_their_rows() -> None:
    pairs = [("v1", "B"), ("v1", "A"), ("v2", "A"), ("v2", "B")]
    details = fold(*(row(subject_id=subject, action_name=action) for subject, action in pairs))
    assert details.retries == (RetryBatch(None, ("A", "B"), ("v1", "v2")),)


def test_findings_are_retried_check_by_check() -> None:
    checks = ("ONE", "TWO")
    rows = [row(subject_id=f"f-{check}", check_name=check, action_name="A") for check in checks]
    details = fold(*rows)
    assert [retry.check_name for retry in details.retries] == ["ONE", "TWO"]


def test_retries_are_of_one_batch_and_the_count_says_how_many_failed() -> None:
    details = fold(*(row(subject_id=f"v{n}", action_name="A") for n in range(1_000)))
    [retry] = details.retries
    assert retry.subject_ids == tuple(f"v{n}" for n in range(25))
    assert details.failed_subjects == 1_000


@pytest.mark.parametrize(
    ("task", "missed"),
    [
        (detect(failed=12, skipped=3), Missing(9, 2)),
        (detect(failed=3, skipped=1), Missing()),
        (detect(failed=2), Missing()),
        (detect(), Missing()),
        (audit(failed=5, skipped=9), Missing(3)),  # by findings; suppressed ones have no rows
        (audit(failed=1), Missing()),
    ],
)
def test_what_aws_has_counted_and_not_listed_is_missing(task: Task, missed: Missing) -> None:
    rows = [row(subject_id="s1"), row(subject_id="s1"), row(subject_id="s2"), row("SKIPPED")]
    assert missing(task, fold(*rows)) == missed
    assert missing(task, fold(*rows, cut=True)) == missing(task, None) == Missing()
    assert missing(task, fold(*rows, error="AccessDenied")) == Missing()


def test_a_failure_without_an_action_or_an_id_cannot_be_retried() -> None:
    assert fold(row(subject_id="v1"), row(action_name="A")).retries == ()
