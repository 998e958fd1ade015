"""Verdicts, headlines and notes, as a tired person reads them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mitigation.decision import Decision, Look, Problem
from mitigation.report import Report, Severity, Verdict, judge
from mitigation.task import Task
from tests.support.looks import DENIED, look
from tests.support.tasks import CERTIFICATE, QUARANTINE, audit, detect

RUNNING = look(Decision.STILL_RUNNING)
GIVEN_UP = look(Decision.GAVE_UP, age=7 * 86_400)
GONE = look(Decision.VANISHED)
OUT_OF_SIGHT = look(Decision.OUT_OF_SIGHT, trouble_since=2_760, problem=DENIED)
UNREADABLE = look(Decision.UNREADABLE, problem=DENIED)
REFUSED = look(Decision.REFUSED, problem=Problem("InvalidRequestException", "bad id"))
CRASHED = look(Decision.CRASHED, problem=Problem("Runtime.ExitError", "exit status 1"))


def test_the_example_of_the_design_reads_as_it_stands_there() -> None:
    report = Report.of(detect("FAILED", executed=8, skipped=1, failed=3))
    assert f"[{report.verdict.label}] {report.name}: {report.headline}" == (
        "[FAILED] quarantine-7: 3 of 12 mitigation actions failed"
    )
    assert report.summary == "3 of 12 actions failed (25 %), 8 executed, 1 skipped"


@pytest.mark.parametrize(
    ("task", "verdict", "headline"),
    [
        (
            detect(executed=12, skipped=0, failed=0),
            Verdict.SUCCEEDED,
            "all 12 mitigation actions executed",
        ),
        (
            detect(executed=1, skipped=0, failed=0),
            Verdict.SUCCEEDED,
            "1 mitigation action executed",
        ),
        (
            detect(executed=10, skipped=2, failed=0),
            Verdict.SUCCEEDED,
            "10 of 12 mitigation actions executed, 2 skipped",
        ),
        (detect(), Verdict.SUCCEEDED, "succeeded; AWS gave no counts"),
        (
            detect(executed=0, skipped=0, failed=0),
            Verdict.NOTHING_DONE,
            "succeeded, but nothing was done",
        ),
        (
            detect(executed=0, skipped=4, failed=0),
            Verdict.NOTHING_DONE,
            "succeeded, but nothing was done (4 skipped)",
        ),
        (
            detect(executed=9, failed=3),
            Verdict.PARTLY_FAILED,
            "3 of 12 mitigation actions failed",
        ),
        (detect("FAILED", executed=0, failed=3), Verdict.FAILED, "all 3 mitigation actions failed"),
        (detect("SUCCESSFUL", executed=0, failed=1), Verdict.FAILED, "1 mitigation action failed"),
        (detect("FAILED"), Verdict.FAILED, "the task failed"),
        (detect("FAILED", executed=3, failed=0), Verdict.PARTLY_FAILED, "the task failed"),
        (detect("CANCELED"), Verdict.CANCELED, "canceled; nothing is rolled back"),
        (
            detect("CANCELED", executed=0, skipped=0, failed=0),
            Verdict.CANCELED,
            "canceled before anything was done",
        ),
        (
            detect("CANCELED", executed=5, failed=30),
            Verdict.PARTLY_FAILED,
            "canceled; 30 of 35 mitigation actions failed",
        ),
        (
            detect("CANCELED", executed=0, failed=1),
            Verdict.FAILED,
            "canceled; 1 of 1 mitigation action failed",
        ),
        (
            audit("CANCELED", total=40, executed=5, failed=3, canceled=32),
            Verdict.PARTLY_FAILED,
            "canceled; 3 of 40 audit findings could not be mitigated",
        ),
        (
            detect("CANCELED", executed=5, skipped=0, failed=0),
            Verdict.CANCELED,
            "canceled after 5 mitigation actions; nothing is rolled back",
        ),
        (detect("IN_PROGRESS"), Verdict.OVERDUE, "still running"),
        (detect("ROLLED_BACK"), Verdict.UNKNOWN_STATUS, "status ROLLED_BACK is unknown"),
        (detect(None), Verdict.UNKNOWN_STATUS, "AWS gave no status"),
        (
            audit(total=40, executed=40, failed=0),
            Verdict.SUCCEEDED,
            "all 40 audit findings mitigated",
        ),
        (
            audit(total=40, executed=33, failed=0),
            Verdict.SUCCEEDED,
            "33 of 40 audit findings mitigated, 7 not",
        ),
        (
            audit(total=40, executed=33, skipped=2, failed=5),
            Verdict.PARTLY_FAILED,
            "5 of 40 audit findings could not be mitigated",
        ),
        (
            audit("FAILED", total=3, executed=0, failed=3),
            Verdict.FAILED,
            "all 3 audit findings could not be mitigated",
        ),
        (
            audit("CANCELED", total=40, executed=5, canceled=35),
            Verdict.CANCELED,
            "canceled after 5 of 40 audit findings; nothing is rolled back",
        ),
        (audit(total=0, executed=0), Verdict.NOTHING_DONE, "succeeded, but nothing was done"),
        (audit("SUCCESSFUL"), Verdict.UNKNOWN_STATUS, "status SUCCESSFUL is unknown"),
    ],
)
def test_how_a_task_ended_is_told_in_one_clause(
    task: Task, verdict: Verdict, headline: str
) -> None:
    report = Report.of(task)
    assert report.verdict is verdict
    assert report.headline == headline


@pytest.mark.parametrize(
    ("task", "summary"),
    [
        (detect("IN_PROGRESS", executed=4, failed=0), "so far 4 actions executed, 0 failed"),
        (
            detect("ROLLED_BACK", executed=4, failed=2),
            "so far 2 actions failed, 4 executed",
        ),
        (
            audit("IN_PROGRESS", total=40, executed=11, failed=3),
            (
                "so far 3 of 40 findings could not be mitigated (8 %), 11 mitigated, "
                "26 without an outcome"
            ),
        ),
        (detect("CANCELED", executed=4, failed=0), "4 actions executed, 0 failed"),
        (detect("FAILED", executed=4, failed=0), "all 4 actions executed, 0 failed"),
        (detect(), None),
    ],
)
def test_counts_of_a_task_that_did_not_run_to_its_end_claim_no_whole(
    task: Task, summary: str | None
) -> None:
    assert Report.of(task).summary == summary


@pytest.mark.parametrize(
    ("task", "seen", "verdict", "headline"),
    [
        (detect("IN_PROGRESS"), RUNNING, Verdict.OVERDUE, "still running after 1 h 1 min"),
        (detect("ROLLED_BACK"), RUNNING, Verdict.OVERDUE, "still running after 1 h 1 min"),
        (
            detect("IN_PROGRESS"),
            GIVEN_UP,
            Verdict.GAVE_UP,
            "gave up watching after 7 d; it may still be running",
        ),
        (
            detect("ROLLED_BACK"),
            GIVEN_UP,
            Verdict.UNKNOWN_STATUS,
            "status ROLLED_BACK is unknown; gave up watching after 7 d",
        ),
        (detect(None), GONE, Verdict.VANISHED, "AWS IoT does not know this task"),
        (detect("IN_PROGRESS"), GONE, Verdict.VANISHED, "AWS IoT no longer knows this task"),
        (
            detect("IN_PROGRESS"),
            OUT_OF_SIGHT,
            Verdict.UNREADABLE,
            "out of sight for 15 min: AccessDeniedException; still watching",
        ),
        (
            detect("IN_PROGRESS"),
            UNREADABLE,
            Verdict.UNREADABLE,
            "how it ended is not known: AccessDeniedException",
        ),
        (
            detect(None),
            REFUSED,
            Verdict.UNREADABLE,
            "how it ended is not known: InvalidRequestException",
        ),
        (
            detect(None),
            CRASHED,
            Verdict.UNREADABLE,
            "the watch broke off; how it ended is not known: Runtime.ExitError",
        ),
        (
            detect(None),
            Look(Decision.CRASHED),
            Verdict.UNREADABLE,
            "the watch broke off; how it ended is not known",
        ),
        (detect("SUCCESSFUL"), look(Decision.ENDED), Verdict.SUCCEEDED, None),
    ],
)
def test_what_the_watch_found_is_told_in_one_clause(
    task: Task, seen: Look, verdict: Verdict, headline: str | None
) -> None:
    report = Report.of(task, look=seen)
    assert report.verdict is verdict
    assert headline in (None, report.headline)


@pytest.mark.parametrize(
    "decision", [each for each in Decision if each not in (Decision.WAIT, Decision.ENDED)]
)
def test_every_decision_to_tell_has_a_verdict_of_its_own_accord(decision: Decision) -> None:
    """However the task looks: the decision was made once, and nothing is derived anew."""
    verdicts = {judge(detect(status), decision) for status in ("SUCCESSFUL", "FAILED")}
    assert len(verdicts) == 1
    assert verdicts.pop().is_problem


@pytest.mark.parametrize("status", ["ROLLED_BACK", None, "COMPLETED", "succeeded"])
def test_an_unknown_status_never_counts_as_success(status: str | None) -> None:
    assert Report.of(detect(status, executed=5, failed=0)).verdict.severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("verdict", "severity", "label"),
    [
        (Verdict.SUCCEEDED, Severity.INFO, "SUCCEEDED"),
        (Verdict.NOTHING_DONE, Severity.WARNING, "NOTHING DONE"),
        (Verdict.PARTLY_FAILED, Severity.CRITICAL, "FAILED"),
        (Verdict.FAILED, Severity.CRITICAL, "FAILED"),
        (Verdict.CANCELED, Severity.WARNING, "CANCELED"),
        (Verdict.OVERDUE, Severity.WARNING, "STILL RUNNING"),
        (Verdict.GAVE_UP, Severity.CRITICAL, "GAVE UP"),
        (Verdict.VANISHED, Severity.CRITICAL, "VANISHED"),
        (Verdict.UNREADABLE, Severity.CRITICAL, "UNREADABLE"),
        (Verdict.UNKNOWN_STATUS, Severity.CRITICAL, "UNKNOWN STATUS"),
    ],
)
def test_each_verdict_has_a_severity_and_a_label(
    verdict: Verdict, severity: Severity, label: str
) -> None:
    assert verdict.severity is severity
    assert verdict.label == label
    assert verdict.is_problem is (verdict is not Verdict.SUCCEEDED)


DENY = "A thing group enforces nothing by itself: it needs a deny policy attached to it."
DISCONNECTED = (
    "Devices are disconnected within a few minutes after their certificate is deactivated."
)
SUPPRESSED = "AWS does not act on suppressed findings."
LOOK_YOURSELF = "Look at it yourself, with the command below."
LAST = "No further message will come about this task."


@pytest.mark.parametrize(
    ("task", "more", "notes"),
    [
        (detect(executed=3, failed=0), {}, []),
        (detect("CANCELED", executed=3), {}, []),
        (detect("CANCELED", executed=3, failed=1), {}, ["Canceling rolls nothing back."]),
        (detect(executed=1, actionsDefinition=[CERTIFICATE]), {}, [DISCONNECTED]),
        (detect(executed=0, failed=1, actionsDefinition=[CERTIFICATE]), {}, []),
        (audit(executed=3, skipped=1, total=4), {}, [SUPPRESSED]),
        (audit(executed=3, skipped=0, total=3), {}, []),
        (detect(executed=1, actionsDefinition=[QUARANTINE]), {}, [DENY]),
        (detect(executed=0, failed=1, actionsDefinition=[QUARANTINE]), {}, []),
        (
            detect(executed=0, skipped=0, failed=0),
            {},
            [
                (
                    "AWS IoT calls the task SUCCESSFUL, yet no mitigation action was executed: "
                    "most likely its target matched nothing."
                )
            ],
        ),
        (
            audit(executed=0, skipped=3, total=3),
            {},
            [
                (
                    "AWS IoT calls the task COMPLETED, yet no audit finding was mitigated: "
                    "all were skipped."
                ),
                SUPPRESSED,
            ],
        ),
        (
            detect("IN_PROGRESS"),
            {"look": RUNNING},
            ["The watch goes on; a final message will follow."],
        ),
        (
            detect("ROLLED_BACK"),
            {"look": RUNNING},
            [
                "The watch goes on; a final message will follow.",
                "AWS gives it the status ROLLED_BACK, which is not a known one.",
            ],
        ),
        (
            detect(None),
            {"look": RUNNING},
            ["The watch goes on; a final message will follow."],
        ),
        (detect("IN_PROGRESS"), {"look": GIVEN_UP}, [LAST]),
        (
            detect(None),
            {"look": GONE},
            [
                (
                    "AWS IoT answers that there is no such task: it was named wrongly, runs in "
                    "another region or account, or is older than the 90 days that AWS keeps tasks."
                )
            ],
        ),
        (
            detect("IN_PROGRESS", executed=1),
            {"look": GONE},
            [
                "It was there before; how it ended is not known.",
                "The counts are those of the last look that worked.",
            ],
        ),
        (
            detect("IN_PROGRESS"),
            {"look": OUT_OF_SIGHT},
            [
                (
                    "AWS IoT can't be asked about it right now. The watch goes on; a final "
                    "message will follow."
                ),
                "AWS says: not authorized",
            ],
        ),
        (
            detect(None),
            {"look": UNREADABLE},
            [LOOK_YOURSELF, "AWS says: not authorized", LAST],
        ),
        (detect(None), {"look": REFUSED}, [LOOK_YOURSELF, "AWS says: bad id"]),
        (
            detect("IN_PROGRESS", executed=1),
            {"look": CRASHED},
            [
                LOOK_YOURSELF,
                "The function that looks at it failed: exit status 1",
                LAST,
                "The counts are those of the last look that worked.",
            ],
        ),
        (
            detect(
                taskStartTime="2026-11-22T10:00:00Z",
                taskEndTime="2026-11-22T09:00:00Z",
                executed=1,
            ),
            {},
            ["AWS reports an end before the start: trust neither time."],
        ),
    ],
)
def test_notes_say_what_would_be_read_wrongly_otherwise(
    task: Task, more: dict[str, Any], notes: list[str]
) -> None:
    assert list(Report.of(task, **more).notes) == notes


def test_the_time_it_took_is_known_from_start_and_end() -> None:
    started, ended = "2026-11-22T10:01:07Z", "2026-11-22T10:03:41Z"
    assert detect(taskStartTime=started, taskEndTime=ended).took_seconds == 154


@pytest.mark.parametrize(
    "times",
    [
        {},
        {"taskStartTime": datetime(2026, 11, 22, tzinfo=UTC)},
        {
            "taskStartTime": datetime(2026, 11, 22, tzinfo=UTC),
            "taskEndTime": datetime(2026, 11, 21, tzinfo=UTC),
        },
    ],
)
def test_the_time_it_took_is_not_known_where_the_times_tell_none(times: dict[str, Any]) -> None:
    assert detect(**times).took_seconds is None
