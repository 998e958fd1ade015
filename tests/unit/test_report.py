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
MORNING = datetime(2026, 11, 22, tzinfo=UTC)

CLAUSES = {
    "SUCCEEDED: all 12 mitigation actions executed": detect(executed=12, skipped=0, failed=0),
    "SUCCEEDED: 1 mitigation action executed": detect(executed=1, skipped=0, failed=0),
    "SUCCEEDED: 10 of 12 mitigation actions executed, 2 skipped": detect(executed=10, skipped=2),
    "SUCCEEDED: succeeded; AWS gave no counts": detect(),
    "SUCCEEDED: all 40 audit findings mitigated": audit(total=40, executed=40, failed=0),
    "SUCCEEDED: 33 of 40 audit findings mitigated, 7 not": audit(total=40, executed=33, failed=0),
    "NOTHING_DONE: succeeded, but nothing was done": detect(executed=0, skipped=0, failed=0),
    "NOTHING_DONE: succeeded, but nothing was done (4 skipped)": detect(executed=0, skipped=4),
    "PARTLY_FAILED: 3 of 12 mitigation actions failed": detect(executed=9, failed=3),
    "PARTLY_FAILED: the task failed": detect("FAILED", executed=3, failed=0),
    "PARTLY_FAILED: canceled; 30 of 35 mitigation actions failed": (
        detect("CANCELED", executed=5, failed=30)
    ),
    "PARTLY_FAILED: canceled; 3 of 40 audit findings could not be mitigated": (
        audit("CANCELED", total=40, executed=5, failed=3, canceled=32)
    ),
    "PARTLY_FAILED: 5 of 40 audit findings could not be mitigated": (
        audit(total=40, executed=33, skipped=2, failed=5)
    ),
    "FAILED: all 3 mitigation actions failed": detect("FAILED", executed=0, failed=3),
    "FAILED: 1 mitigation action failed": detect("SUCCESSFUL", executed=0, failed=1),
    "FAILED: the task failed": detect("FAILED"),
    "FAILED: canceled; 1 of 1 mitigation action failed": detect("CANCELED", executed=0, failed=1),
    "FAILED: all 3 audit findings could not be mitigated": (
        audit("FAILED", total=3, executed=0, failed=3)
    ),
    "CANCELED: canceled; nothing is rolled back": detect("CANCELED"),
    "CANCELED: canceled before anything was done": detect("CANCELED", executed=0, skipped=0),
    "CANCELED: canceled after 5 mitigation actions; nothing is rolled back": (
        detect("CANCELED", executed=5, skipped=0, failed=0)
    ),
    "CANCELED: canceled after 5 of 40 audit findings; nothing is rolled back": (
        audit("CANCELED", total=40, executed=5, canceled=35)
    ),
    "OVERDUE: still running": detect("IN_PROGRESS"),
    "UNKNOWN_STATUS: status ROLLED_BACK is unknown": detect("ROLLED_BACK"),
    "UNKNOWN_STATUS: AWS gave no status": detect(None),
    "UNKNOWN_STATUS: status SUCCESSFUL is unknown": audit("SUCCESSFUL"),
}
SUMMARIES = {
    "3 of 12 actions failed (25 %), 8 executed, 1 skipped": (
        detect("FAILED", executed=8, skipped=1, failed=3)
    ),
    "so far 4 actions executed, 0 failed": detect("IN_PROGRESS", executed=4, failed=0),
    "so far 2 actions failed, 4 executed": detect("ROLLED_BACK", executed=4, failed=2),
    "so far 3 of 40 findings could not be mitigated (8 %), 11 mitigated, 26 without an outcome": (
        audit("IN_PROGRESS", total=40, executed=11, failed=3)
    ),
    "4 actions executed, 0 failed": detect("CANCELED", executed=4, failed=0),
    "all 4 actions executed, 0 failed": detect("FAILED", executed=4, failed=0),
    None: detect(),
}
BY_LOOK = {
    "OVERDUE: still running after 1 h 1 min": (detect("IN_PROGRESS"), RUNNING),
    "GAVE_UP: gave up watching after 7 d; it may still be running": (
        (detect("IN_PROGRESS"), GIVEN_UP)
    ),
    "UNKNOWN_STATUS: status ROLLED_BACK is unknown; gave up watching after 7 d": (
        (detect("ROLLED_BACK"), GIVEN_UP)
    ),
    "VANISHED: AWS IoT does not know this task": (detect(None), GONE),
    "VANISHED: AWS IoT no longer knows this task": (detect("IN_PROGRESS"), GONE),
    "UNREADABLE: out of sight for 15 min: AccessDeniedException; still watching": (
        (detect("IN_PROGRESS"), OUT_OF_SIGHT)
    ),
    "UNREADABLE: out of sight for 1 h 1 min; still watching": (
        (detect("IN_PROGRESS"), look(Decision.OUT_OF_SIGHT, trouble_since=0))
    ),
    "UNREADABLE: how it ended is not known: AccessDeniedException": (
        (detect("IN_PROGRESS"), UNREADABLE)
    ),
    "UNREADABLE: how it ended is not known: InvalidRequestException": (detect(None), REFUSED),
    "UNREADABLE: the watch broke off; how it ended is not known: Runtime.ExitError": (
        (detect(None), CRASHED)
    ),
    "UNREADABLE: the watch broke off; how it ended is not known": (
        (detect(None), Look(Decision.CRASHED))
    ),
    "SUCCEEDED: succeeded; AWS gave no counts": (detect("SUCCESSFUL"), look(Decision.ENDED)),
}


@pytest.mark.parametrize(("clause", "task"), CLAUSES.items())
def test_how_a_task_ended_is_told_in_one_clause(clause: str, task: Task) -> None:
    report = Report.of(task)
    assert f"{report.verdict}: {report.headline}" == clause


@pytest.mark.parametrize(("summary", "task"), SUMMARIES.items())
def test_counts_of_a_task_that_did_not_run_to_its_end_claim_no_whole(
    summary: str | None, task: Task
) -> None:
    assert Report.of(task).summary == summary


@pytest.mark.parametrize(("clause", "found"), BY_LOOK.items())
def test_what_the_watch_found_is_told_in_one_clause(clause: str, found: tuple[Task, Look]) -> None:
    report = Report.of(found[0], look=found[1])
    assert f"{report.verdict}: {report.headline}" == clause


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


def test_each_verdict_has_a_severity_and_a_label() -> None:
    assert {verdict: f"{verdict.severity} {verdict.label}" for verdict in Verdict} == {
        "SUCCEEDED": "INFO SUCCEEDED",
        "NOTHING_DONE": "WARNING NOTHING DONE",
        "PARTLY_FAILED": "CRITICAL FAILED",
        "FAILED": "CRITICAL FAILED",
        "CANCELED": "WARNING CANCELED",
        "OVERDUE": "WARNING STILL RUNNING",
        "GAVE_UP": "CRITICAL GAVE UP",
        "VANISHED": "CRITICAL VANISHED",
        "UNREADABLE": "CRITICAL UNREADABLE",
        "UNKNOWN_STATUS": "CRITICAL UNKNOWN STATUS",
    }
    assert {verdict for verdict in Verdict if not verdict.is_problem} == {Verdict.SUCCEEDED}


DENY = "A thing group enforces nothing by itself: it needs a deny policy attached to it."
DISCONNECTED = (
    "Devices are disconnected within a few minutes after their certificate is deactivated."
)
SUPPRESSED = "AWS does not act on suppressed findings."
LOOK_YOURSELF = "Look at it yourself, with the command below."
LAST = "No further message will come about this task."
GOES_ON = "The watch goes on; a final message will follow."
STALE = "The counts are those of the last look that worked."
NO_SUCH = (
    "AWS IoT answers that there is no such task: it was named wrongly, runs in another region or "
    "account, or is older than the 90 days that AWS keeps tasks."
)
CANT_BE_ASKED = f"AWS IoT can't be asked about it right now. {GOES_ON}"
MATCHED_NOTHING = (
    "AWS IoT calls the task SUCCESSFUL, yet no mitigation action was executed: most likely its "
    "target matched nothing."
)
ALL_SKIPPED = (
    "AWS IoT calls the task COMPLETED, yet no audit finding was mitigated: all were skipped."
)
NOT_KNOWN = "AWS gives it the status ROLLED_BACK, which is not a known one."
BACKWARDS = {"taskStartTime": "2026-11-22T10:00:00Z", "taskEndTime": "2026-11-22T09:00:00Z"}


@pytest.mark.parametrize(
    ("task", "seen", "notes"),
    [
        (detect(executed=3, failed=0), None, []),
        (detect("CANCELED", executed=3), None, []),
        (detect("CANCELED", executed=3, failed=1), None, ["Canceling rolls nothing back."]),
        (detect(executed=1, actionsDefinition=[CERTIFICATE]), None, [DISCONNECTED]),
        (detect(executed=0, failed=1, actionsDefinition=[CERTIFICATE]), None, []),
        (audit(executed=3, skipped=1, total=4), None, [SUPPRESSED]),
        (audit(executed=3, skipped=0, total=3), None, []),
        (detect(executed=1, actionsDefinition=[QUARANTINE]), None, [DENY]),
        (detect(executed=0, failed=1, actionsDefinition=[QUARANTINE]), None, []),
        (detect(executed=0, skipped=0, failed=0), None, [MATCHED_NOTHING]),
        (audit(executed=0, skipped=3, total=3), None, [ALL_SKIPPED, SUPPRESSED]),
        (detect("IN_PROGRESS"), RUNNING, [GOES_ON]),
        (detect("ROLLED_BACK"), RUNNING, [GOES_ON, NOT_KNOWN]),
        (detect(None), RUNNING, [GOES_ON]),
        (detect("IN_PROGRESS"), GIVEN_UP, [LAST]),
        (detect(None), GONE, [NO_SUCH]),
        (
            detect("IN_PROGRESS", executed=1),
            GONE,
            ["It was there before; how it ended is not known.", STALE],
        ),
        (detect("IN_PROGRESS"), OUT_OF_SIGHT, [CANT_BE_ASKED, "AWS says: not authorized"]),
        (detect(None), UNREADABLE, [LOOK_YOURSELF, "AWS says: not authorized", LAST]),
        (detect(None), REFUSED, [LOOK_YOURSELF, "AWS says: bad id"]),
        (
            detect("IN_PROGRESS", executed=1),
            CRASHED,
            [LOOK_YOURSELF, "The function that looks at it failed: exit status 1", LAST, STALE],
        ),
        (
            detect(executed=1, **BACKWARDS),
            None,
            ["AWS reports an end before the start: trust neither time."],
        ),
    ],
)
def test_notes_say_what_would_be_read_wrongly_otherwise(
    task: Task, seen: Look | None, notes: list[str]
) -> None:
    assert list(Report.of(task, look=seen).notes) == notes


@pytest.mark.parametrize(
    ("times", "seconds"),
    [
        ({"taskStartTime": "2026-11-22T10:01:07Z", "taskEndTime": "2026-11-22T10:03:41Z"}, 154),
        ({}, None),
        ({"taskStartTime": MORNING}, None),
        (BACKWARDS, None),
    ],
)
def test_the_time_it_took_is_known_where_the_times_tell_it(
    times: dict[str, Any], seconds: int | None
) -> None:
    assert detect(**times).took_seconds == seconds
