"""Cancel and retry at AWS IoT: what is done, what is told, and what is done again later."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded.scenario import Answer, Scenario
from mitigation.acts.click import Action
from mitigation.acts.perform import pointless
from mitigation.acts.progress import Progress, Result
from mitigation.acts.retry import Failures
from mitigation.acts.rows import Execution
from mitigation.causes import MAX_CAUSES, MAX_NAMES, NAME_SIZE, Cause
from mitigation.codec import decode, encode
from tests.support.iot import AGREED, ENDED, NOW, Iot, scenario
from tests.support.tasks import audit, detect

CANCELS, AUDIT_CANCELS = [[f"Cancel{kind}MitigationActionsTask"] for kind in ("Detect", "Audit")]
INVALID, GONE = "InvalidRequestException", "ResourceNotFoundException"
FULL = "LimitExceededException"
DESCRIBE, START = "DescribeDetectMitigationActionsTask", "StartDetectMitigationActionsTask"
AUDIT_START = START.replace("Detect", "Audit")


def ended(status: str, end: datetime = NOW) -> Scenario:
    return scenario(status, summary={"taskEndTime": end.isoformat()})


def ends_meanwhile() -> Scenario:
    """Between the look and the cancel."""
    answers = [scenario(each).describe[0] for each in ("IN_PROGRESS", "SUCCESSFUL")]
    return scenario(describe=[each.body for each in answers if isinstance(each, Answer)])


STOPPED, EARLIER = Progress(Result.CANCELED), AGREED - timedelta(seconds=1)
BY_US, BEFORE = Progress(Result.CANCELED, "CANCELED"), Progress(Result.ENDED, "CANCELED")
WELL, ILL = Progress(Result.ENDED, "SUCCESSFUL"), Progress(Result.ENDED, "FAILED")
NOT_NOW, UNKNOWN = {CANCELS[0]: [INVALID]}, {DESCRIBE: [GONE]}
GOES = {CANCELS[0]: [INVALID], DESCRIBE: ["", GONE]}
CANCELED: dict[str, tuple[Scenario, Mapping[str, Sequence[str]], Progress, Sequence[str]]] = {
    "a task that runs": (scenario(), {}, STOPPED, CANCELS),
    "an audit's task that runs": (scenario(kind="audit"), {}, STOPPED, AUDIT_CANCELS),
    "one that had ended": (scenario("SUCCESSFUL"), {}, WELL, []),
    "one that an earlier try of this has canceled": (ended("CANCELED", AGREED), {}, BY_US, []),
    "one that was canceled before": (ended("CANCELED", EARLIER), {}, BEFORE, []),
    "one that failed since": (ended("FAILED"), {}, ILL, []),
    "one that ends meanwhile": (ends_meanwhile(), NOT_NOW, WELL, CANCELS),
    "one that goes meanwhile": (scenario(), GOES, Progress(Result.GONE), CANCELS),
    "one that is not known": (scenario(), UNKNOWN, Progress(Result.GONE), []),
}


@pytest.mark.parametrize("case", CANCELED)
def test_a_cancel_of(case: str) -> None:
    known, refusals, progress, calls = CANCELED[case]
    iot = Iot(known, refusals)
    assert iot.acts(Action.CANCEL) == (progress, 0)
    assert iot.changes == calls


def test_a_cancel_that_is_refused_while_the_task_runs_is_tried_again() -> None:
    with pytest.raises(ClientError):
        Iot(scenario(), NOT_NOW).acts(Action.CANCEL)


@pytest.mark.parametrize("action", [Action.RETRY, Action.UNDO])
def test_of_a_task_that_runs_nothing_is_retried_or_undone(action: Action) -> None:
    iot = Iot(scenario(failed=1, executed={"Quarantine": 1}))
    assert iot.acts(action) == (Progress(Result.RUNNING, "IN_PROGRESS"), 0)
    assert iot.changes == []


def test_nobody_is_asked_about_what_is_pointless() -> None:
    still = "it still runs (IN_PROGRESS): cancel it, or wait for its end"
    for action, status, why in (
        (Action.CANCEL, "FAILED", "it has already ended (FAILED)"),
        (Action.CANCEL, "IN_PROGRESS", None),
        (Action.RETRY, "FAILED", None),
        (Action.UNDO, "IN_PROGRESS", still),
    ):
        assert pointless(action, detect(status)) == why
        assert pointless(action, None) == "AWS IoT does not know this task (any more)"


IDS = [f"quarantine-7-retry-e4f144-{number}" for number in (1, 2, 3)]


def retried(failed: int = 60, codes: Sequence[str] = ()) -> Iot:
    return Iot(scenario("FAILED", failed=failed), {START: codes})


def test_all_that_failed_starts_25_at_a_time() -> None:
    iot = retried()
    found = Progress(
        Result.STARTED, "FAILED", done=60, total=60, started=tuple(IDS), tasks=3, batches=3
    )
    assert iot.acts(Action.RETRY) == (found, 0)
    assert [each["taskId"] for each in iot.asked(START)] == IDS
    assert [len(each["target"]["violationIds"]) for each in iot.asked(START)] == [25, 25, 10]
    times = [moment for name, moment in iot.moments if name == START]
    assert min(b - a for a, b in pairwise(times)) == pytest.approx(0.1)


def test_where_nothing_failed_nothing_starts() -> None:
    iot = Iot(scenario("FAILED", executed={"Quarantine": 2}))
    assert iot.acts(Action.RETRY) == (Progress(Result.NOTHING, "FAILED"), 0)
    assert iot.changes == []


def test_without_a_free_place_it_waits_for_an_hour_at_most_and_goes_on_where_it_was() -> None:
    iot = retried(codes=["", FULL])
    waits, seconds = iot.acts(Action.RETRY, Progress(waited=3_599))
    assert (waits.result, waits.tasks, waits.batches, seconds) == (None, 1, 1, 30)
    assert waits.waited == 3_629
    again, _ = iot.acts(Action.RETRY, waits)
    assert (again.result, again.done, again.waited) == (Result.STARTED, 60, waits.waited)
    assert len(iot.asked(START)) == 3


@pytest.mark.parametrize(("refusal", "waited"), [(FULL, 3_600), (INVALID, 0)])
def test_what_is_refused_for_good_is_told_and_the_others_start(refusal: str, waited: int) -> None:
    iot = retried(27, codes=[refusal])
    found, seconds = iot.acts(Action.RETRY, Progress(waited=waited))
    names = tuple(f"violation-Quarantine-{number}" for number in range(1_000, 1_010))
    assert found.failed == (Cause(refusal, 25, names, 15, "as planned"),)
    assert (found.done, found.total, found.tasks, found.batches, seconds) == (2, 27, 1, 2, 0)


def test_an_audit_s_findings_start_again_under_their_check() -> None:
    iot = Iot(scenario("FAILED", "audit", failed=1))
    found, _ = iot.acts(Action.RETRY)
    [asked] = iot.asked(AUDIT_START)
    assert asked["target"] == {"findingIds": ["finding-Quarantine-1000"]}
    assert asked["auditCheckToActionsMapping"] == {"A_CHECK": ["Quarantine"]}
    assert (found.result, found.started) == (Result.STARTED, (asked["taskId"],))


def rows(*ids: str, names: Sequence[str] = ("A",), check: str | None = None) -> list[Execution]:
    return [Execution("FAILED", one, None, name, check) for one in ids for name in names]


def batches(task: Any, *found: list[Execution]) -> list[tuple[Any, ...]]:
    failures = Failures()
    for page in found:
        failures.add(page)
    return [tuple(each) for each in failures.batches(task)]


def test_a_start_has_the_scope_of_the_first_one_and_ids_of_its_own() -> None:
    """Other ids would start again what an earlier version of this has started."""
    span = {"startTime": "2026-11-22T08:00:00Z", "endTime": ENDED}
    task = detect(
        taskId="t" * 128,
        violationEventOccurrenceRange=span,
        onlyActiveViolationsIncluded=False,
        suppressedAlertsIncluded=True,
    )
    task_id = f"{'t' * 110}-retry-c35a7f-1"
    parameters = {
        "taskId": task_id,
        "clientRequestToken": "7df28dcfbcc8b1aa8a0c879d1fd3a024893f2699154408aa9e439e6e54f6b7b4",
        "target": {"violationIds": ["v1", "v2"]},
        "actions": ["A", "B"],
        "includeOnlyActiveViolations": False,
        "includeSuppressedAlerts": True,
        "violationEventOccurrenceRange": {
            "startTime": datetime(2026, 11, 22, 8, tzinfo=UTC),
            "endTime": datetime(2026, 11, 22, 10, 3, tzinfo=UTC),
        },
    }
    unnamed = [Execution("FAILED", None, "sensor", "A"), Execution("FAILED", "v3", None, None)]
    others = [Execution("SKIPPED", "v4", None, "A"), *unnamed]
    assert batches(task, rows("v2", names="BA"), others, rows("v1", names="ABB")) == [
        (task_id, parameters, ["v1", "v2"])
    ]


def test_an_audit_s_start_names_check_and_actions() -> None:
    checks = [rows("f2", check="B"), rows("f1", check="A"), rows("f3", names="Z", check="A")]
    found = [parameters for _, parameters, _ in batches(audit(), *checks)]
    assert [each["auditCheckToActionsMapping"] for each in found] == [
        {"A": ["A"]}, {"A": ["Z"]}, {"B": ["A"]},
    ]  # fmt: skip
    assert [each["target"]["findingIds"] for each in found] == [["f1"], ["f3"], ["f2"]]


def test_what_failed_is_grouped_by_cause() -> None:
    names = [f"n{number}" for number in range(MAX_NAMES + 3)]
    progress = Progress().failing("A", names[:2], "why").failing("B", ["x" * 500], "m" * 500)
    progress = progress.failing("A", names[2:], "another why").undoing("things").undoing("things")
    a, b = progress.failed
    assert a == Cause("A", MAX_NAMES + 3, tuple(names[:MAX_NAMES]), 3, "why")
    assert (b.error_code, b.count, len(b.names[0].encode())) == ("B", 1, NAME_SIZE)
    assert len((b.message or "").encode()) == NAME_SIZE
    assert (progress.left, progress.done, progress.kinds) == ((), 2, {"things": 2})
    assert decode(Progress, encode(progress)) == progress


def test_more_causes_than_fit_are_other_reasons() -> None:
    progress = Progress()
    for number in range(MAX_CAUSES + 2):
        progress = progress.leaving(f"reason {number}", f"n{number}")
    progress = progress.leaving("reason 0", "once more")
    last = progress.left[-1]
    assert (last.error_code, last.count, last.names) == ("other reasons", 2, ("n8", "n9"))
    assert (progress.left[0].count, len(progress.left)) == (2, MAX_CAUSES + 1)
    assert progress.left[0].message is None
