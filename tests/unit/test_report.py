"""Verdicts, headlines and notes, as a tired person reads them: what no golden says.

Each verdict, and each reason to tell people, has its golden; a test there names what has none.
"""

import pytest

from mitigation.decision import Decision, Look, Problem
from mitigation.report import Report, judge
from mitigation.task import Task
from tests.support.looks import DENIED, look
from tests.support.tasks import CERTIFICATE, QUARANTINE, audit, detect

ENDED = {
    "SUCCEEDED: 1 mitigation action executed": detect(executed=1, skipped=0, failed=0),
    "SUCCEEDED: succeeded; AWS gave no counts": detect(),
    "SUCCEEDED: 10 of 12 mitigation actions executed, 2 skipped": detect(executed=10, skipped=2),
    "SUCCEEDED: 33 of 40 audit findings mitigated, 7 not": audit(total=40, executed=33, failed=0),
    "NOTHING_DONE: succeeded, but nothing was done (4 skipped)": detect(executed=0, skipped=4),
    "PARTLY_FAILED: the task failed": detect("FAILED", executed=3, failed=0),
    "PARTLY_FAILED: canceled; 3 of 40 audit findings could not be mitigated": (
        audit("CANCELED", total=40, executed=5, failed=3, canceled=32)
    ),
    "FAILED: 1 mitigation action failed": detect("SUCCESSFUL", executed=0, failed=1),
    "FAILED: the task failed": detect("FAILED"),
    "FAILED: canceled; 1 of 1 mitigation action failed": detect("CANCELED", executed=0, failed=1),
    "CANCELED: canceled; nothing is rolled back": detect("CANCELED"),
    "CANCELED: canceled before anything was done": detect("CANCELED", executed=0, skipped=0),
    "CANCELED: canceled after 5 mitigation actions; nothing is rolled back": (
        detect("CANCELED", executed=5, skipped=0, failed=0)
    ),
    "OVERDUE: still running": detect("IN_PROGRESS"),
    "UNKNOWN_STATUS: AWS gave no status": detect(None),
    "UNKNOWN_STATUS: status SUCCESSFUL is unknown": audit("SUCCESSFUL"),
}


@pytest.mark.parametrize(("clause", "task"), ENDED.items())
def test_how_a_task_ended_is_told_in_one_clause(clause: str, task: Task) -> None:
    report = Report.of(task)
    assert f"{report.verdict}: {report.headline}" == clause


RUNNING = detect("IN_PROGRESS")
FOUND = {
    "UNREADABLE: out of sight for 15 min: AccessDeniedException; still watching": look(
        Decision.OUT_OF_SIGHT, trouble_since=2_760, problem=DENIED
    ),
    "UNREADABLE: out of sight for 1 h 1 min; still watching": look(
        Decision.OUT_OF_SIGHT, trouble_since=0
    ),
    "UNREADABLE: how it ended is not known: InvalidRequestException": look(
        Decision.REFUSED, problem=Problem("InvalidRequestException", "bad id")
    ),
    "UNREADABLE: the watch broke off; how it ended is not known": Look(Decision.CRASHED),
}


@pytest.mark.parametrize(("clause", "found"), FOUND.items())
def test_what_the_watch_found_is_told_in_one_clause(clause: str, found: Look) -> None:
    report = Report.of(RUNNING, look=found)
    assert f"{report.verdict}: {report.headline}" == clause


@pytest.mark.parametrize(
    ("summary", "task"),
    [
        ("so far 2 actions failed, 4 executed", detect("ROLLED_BACK", executed=4, failed=2)),
        ("4 actions executed, 0 failed", detect("CANCELED", executed=4, failed=0)),
        ("all 4 actions executed, 0 failed", detect("FAILED", executed=4, failed=0)),
        (None, detect()),
    ],
)
def test_counts_of_a_task_that_did_not_run_to_its_end_claim_no_whole(
    summary: str | None, task: Task
) -> None:
    assert Report.of(task).summary == summary


@pytest.mark.parametrize(
    "decision", [each for each in Decision if each not in (Decision.WAIT, Decision.ENDED)]
)
def test_every_decision_to_tell_has_a_verdict_of_its_own_accord(decision: Decision) -> None:
    """However the task looks: the decision was made once, and nothing is derived anew."""
    [verdict] = {judge(detect(status), decision) for status in ("SUCCESSFUL", "FAILED")}
    assert verdict.is_problem


LAST = "No further message will come about this task."
GOES_ON = "The watch goes on; a final message will follow."
NOT_KNOWN = "AWS gives it the status ROLLED_BACK, which is not a known one."
ALL_SKIPPED = (
    "AWS IoT calls the task COMPLETED, yet no audit finding was mitigated: all were skipped."
)
SUPPRESSED = "AWS does not act on suppressed findings."
LOOK_YOURSELF = "Look at it yourself, with the command below."
BACKWARDS = {"taskStartTime": "2026-11-22T10:00:00Z", "taskEndTime": "2026-11-22T09:00:00Z"}
AT_ONCE = {**BACKWARDS, "taskEndTime": "2026-11-22T10:00:00Z"}


@pytest.mark.parametrize(
    ("task", "seen", "notes"),
    [
        (detect("CANCELED", executed=3), None, []),
        (detect("CANCELED", executed=3, failed=1), None, ["Canceling rolls nothing back."]),
        (detect(executed=0, failed=1, actionsDefinition=[CERTIFICATE]), None, []),
        (detect(executed=0, failed=1, actionsDefinition=[QUARANTINE]), None, []),
        (audit(executed=3, skipped=1, total=4), None, [SUPPRESSED]),
        (audit(executed=3, skipped=0, total=3), None, []),
        (audit(executed=0, skipped=3, total=3), None, [ALL_SKIPPED, SUPPRESSED]),
        (detect("ROLLED_BACK"), look(Decision.STILL_RUNNING), [GOES_ON, NOT_KNOWN]),
        (detect(None), look(Decision.STILL_RUNNING), [GOES_ON]),
        (
            detect(None),
            look(Decision.UNREADABLE, problem=DENIED),
            [LOOK_YOURSELF, "AWS says: not authorized", LAST],
        ),
        (
            detect("IN_PROGRESS", executed=1),
            look(Decision.CRASHED, problem=Problem("Runtime.ExitError", "exit status 1")),
            [
                LOOK_YOURSELF,
                "The function that looks at it failed: exit status 1",
                LAST,
                "The counts are those of the last look that worked.",
            ],
        ),
        (
            detect(executed=1, **BACKWARDS),
            None,
            ["AWS reports an end before the start: trust neither time."],
        ),
        (detect(executed=1, **AT_ONCE), None, []),
    ],
)
def test_notes_say_what_would_be_read_wrongly_otherwise(
    task: Task, seen: Look | None, notes: list[str]
) -> None:
    assert list(Report.of(task, look=seen).notes) == notes
