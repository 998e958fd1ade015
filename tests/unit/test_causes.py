"""Action executions become a few lines: grouped, bounded, and honest about what is left out."""

import pytest

from mitigation.causes import MAX_NAMES, Cause, Details, Missing, RetryBatch, Row, missing
from mitigation.task import Task
from tests.support.tasks import audit, detect, fold, row


def test_rows_are_grouped_by_error_code_the_commonest_first_and_others_are_only_counted() -> None:
    details = fold(
        row(error_code="Rare", name="sensor-40"),
        row(error_code="Common", name="sensor-17", message="Thing group is full"),
        row(error_code="Common", name="sensor-21", message="Thing group is full, again"),
        row("SKIPPED", error_code="Gone", name="sensor-1"),
        *(row(status, name="x", subject_id="v1", action_name="A") for status in ("NEW_ONE", None)),
    )
    assert details == Details(
        rows=6,
        failed_rows=3,
        skipped_rows=1,
        failed=(
            Cause("Common", 2, ("sensor-17", "sensor-21"), 0, "Thing group is full"),
            Cause("Rare", 1, ("sensor-40",), 0, None),
        ),
        skipped=(Cause("Gone", 1, ("sensor-1",), 0, None),),
    )


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
    [cause] = fold(*(row(name=f"sensor-{n % 24}") for n in range(99))).failed
    assert (cause.count, len(cause.names), cause.more) == (99, MAX_NAMES, 24 - MAX_NAMES)


def test_what_others_wrote_at_length_is_clipped_with_an_ellipsis() -> None:
    [cause] = fold(row(name="n" * 5_000, error_code="c" * 5_000, message="m" * 5_000)).failed
    for text in (str(cause.message), str(cause.error_code), cause.names[0]):
        assert len(text.encode()) <= 400
        assert text.endswith("…")


def test_subjects_are_retried_with_the_actions_that_failed_check_by_check() -> None:
    details = fold(
        row(subject_id="s1", action_name="Tell"),
        row(subject_id="s1", action_name="Quarantine"),
        row(subject_id="s2", action_name="Tell"),
        row("SUCCESSFUL", subject_id="s2", action_name="Quarantine"),
        row(subject_id="s3", action_name="Quarantine"),
        row(subject_id="s3", action_name="Tell"),
        row(subject_id="s4", action_name="Tell", check_name="CHECK"),
        row(subject_id="without an action"),
        row(action_name="without an id"),
    )
    assert details.retries == (
        RetryBatch(None, ("Quarantine", "Tell"), ("s1", "s3")),
        RetryBatch(None, ("Tell",), ("s2",)),
        RetryBatch("CHECK", ("Tell",), ("s4",)),
    )
    assert details.failed_subjects == 5


def test_retries_are_of_one_batch_and_the_count_says_how_many_failed() -> None:
    details = fold(*(row(subject_id=f"v{n}", action_name="A") for n in range(1_000)))
    [retry] = details.retries
    assert retry.subject_ids == tuple(f"v{n}" for n in range(25))
    assert details.failed_subjects == 1_000


@pytest.mark.parametrize(
    ("task", "missed"),
    [
        (detect(failed=12, skipped=3), Missing(9, 2)),
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


def test_nothing_is_missing_where_aws_counts_nothing_and_lists_nothing() -> None:
    assert missing(detect(), fold()) == Missing()
