"""What people need to know about how a task ended: the verdict, the failures, what to do next."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from mitigation import words
from mitigation.action import AddThingsToThingGroup, UpdateDeviceCertificate
from mitigation.causes import Details
from mitigation.commands import NextStep, next_steps
from mitigation.decision import MEMBER_NOT_LISTED, MEMBER_ROLE_REFUSED, Decision, Look
from mitigation.kind import TaskStatus
from mitigation.place import Place
from mitigation.task import Task
from mitigation.watch import StartedBy


class Severity(StrEnum):
    INFO = "INFO"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"


class Verdict(StrEnum):
    """How it went, from all that is known; a verdict is what channels filter by."""

    SUCCEEDED = "SUCCEEDED"
    NOTHING_DONE = "NOTHING_DONE"
    PARTLY_FAILED = "PARTLY_FAILED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    OVERDUE = "OVERDUE"
    GAVE_UP = "GAVE_UP"
    VANISHED = "VANISHED"
    UNREADABLE = "UNREADABLE"
    UNKNOWN_STATUS = "UNKNOWN_STATUS"

    @property
    def severity(self) -> Severity:
        return _SEVERITIES.get(self, Severity.CRITICAL)

    @property
    def label(self) -> str:
        """The word that the lock screen shows first."""
        return _LABELS.get(self, self.replace("_", " "))

    @property
    def is_problem(self) -> bool:
        return self.severity is not Severity.INFO


_SEVERITIES = {
    Verdict.SUCCEEDED: Severity.INFO,
    Verdict.NOTHING_DONE: Severity.WARNING,
    Verdict.CANCELED: Severity.WARNING,
    Verdict.OVERDUE: Severity.WARNING,
}
# One word for both ways to fail: the counts beside it say how much.
_LABELS = {Verdict.PARTLY_FAILED: "FAILED", Verdict.OVERDUE: "STILL RUNNING"}


@dataclass(frozen=True, slots=True)
class Report:
    task: Task
    verdict: Verdict
    headline: str  # what happened, how bad, in one clause without the task's id
    summary: str | None  # the counts in words; None where AWS gave none
    notes: tuple[str, ...]  # what a tired reader would otherwise get wrong, a sentence each
    details: Details | None
    next_steps: tuple[NextStep, ...]
    started_by: StartedBy | None
    place: Place
    look: Look
    follows_interim: bool  # whether this channel was told something in between

    @property
    def name(self) -> str:
        """What the task is called; an answer that came without an id has none."""
        return self.task.id or f"a {self.task.kind.name}"

    @classmethod
    def of(
        cls,
        task: Task,
        *,
        look: Look | None = None,
        details: Details | None = None,
        started_by: StartedBy | None = None,
        place: Place | None = None,
        follows_interim: bool = False,
    ) -> Self:
        """The report on `task` as it was last seen, after the decision in `look`.

        Without a look, what a saved answer says by itself.
        """
        place = place or Place()
        look = look or Look(_decision_on(task))
        verdict = judge(task, look.decision)
        return cls(
            task=task,
            verdict=verdict,
            headline=_headline(task, verdict, look),
            summary=_summary(task),
            notes=tuple(_notes(task, verdict, look)),
            details=details,
            next_steps=next_steps(
                task,
                details,
                place,
                running=look.decision in _MAY_STILL_RUN,
                readable=look.decision in _SEEN,
            ),
            started_by=started_by,
            place=place,
            look=look,
            follows_interim=follows_interim,
        )


def _decision_on(task: Task) -> Decision:
    if task.is_terminal:
        return Decision.ENDED
    return Decision.STILL_RUNNING if task.has_known_status else Decision.GAVE_UP


_SEEN = {Decision.ENDED, Decision.STILL_RUNNING, Decision.GAVE_UP}
_MAY_STILL_RUN = {Decision.WAIT, Decision.STILL_RUNNING, Decision.GAVE_UP}

_VERDICTS = {
    Decision.WAIT: Verdict.OVERDUE,  # nobody is told but by the head of a thread
    Decision.STILL_RUNNING: Verdict.OVERDUE,
    Decision.OUT_OF_SIGHT: Verdict.UNREADABLE,
    Decision.GAVE_UP: Verdict.GAVE_UP,
    Decision.VANISHED: Verdict.VANISHED,
    Decision.REFUSED: Verdict.UNREADABLE,
    Decision.UNREADABLE: Verdict.UNREADABLE,
    Decision.CRASHED: Verdict.UNREADABLE,
}


def judge(task: Task, decision: Decision) -> Verdict:
    """The verdict; a status that is unknown never counts as success."""
    if decision is not Decision.ENDED:
        unknown = decision is Decision.GAVE_UP and not task.has_known_status
        return Verdict.UNKNOWN_STATUS if unknown else _VERDICTS[decision]
    executed, failed = task.statistics.executed, task.statistics.failed
    if task.status == TaskStatus.FAILED or failed:  # failures outrank that it was canceled
        return Verdict.PARTLY_FAILED if executed else Verdict.FAILED
    if task.is_canceled:
        return Verdict.CANCELED
    return Verdict.NOTHING_DONE if executed == 0 else Verdict.SUCCEEDED


def _summary(task: Task) -> str | None:
    if not task.statistics.known:
        return None
    counts = words.counts(task.statistics, task.kind, task.whole)
    return counts if task.is_terminal else f"so far {counts}"


def _headline(task: Task, verdict: Verdict, look: Look) -> str:
    s = task.statistics
    whole = task.whole or 0
    memory = look.memory
    age = words.duration(memory.age_seconds) if memory.age_seconds else None
    counted = words.plural(whole, task.kind.counts)
    match verdict:
        case Verdict.SUCCEEDED if s.executed is None:
            return "succeeded; AWS gave no counts"
        case Verdict.SUCCEEDED if s.executed == whole:
            all_of = "" if whole == 1 else "all "
            return f"{all_of}{counted} {task.kind.executed}"
        case Verdict.SUCCEEDED:
            rest = f"{s.skipped:,} skipped" if s.skipped else f"{whole - (s.executed or 0):,} not"
            return f"{s.executed:,} of {counted} {task.kind.executed}, {rest}"
        case Verdict.NOTHING_DONE:
            skipped = f" ({s.skipped:,} skipped)" if s.skipped else ""
            return f"succeeded, but nothing was done{skipped}"
        case Verdict.PARTLY_FAILED | Verdict.FAILED if s.failed and task.is_canceled:
            whole = task.whole or s.done
            counted = words.plural(whole, task.kind.counts)
            return f"canceled; {s.failed:,} of {counted} {task.kind.failed}"
        case Verdict.PARTLY_FAILED | Verdict.FAILED if s.failed:
            all_of = f"{s.failed:,} of " if s.failed < whole else "all " if whole > 1 else ""
            return f"{all_of}{counted} {task.kind.failed}"
        case Verdict.PARTLY_FAILED | Verdict.FAILED:
            return "the task failed"
        case Verdict.CANCELED:
            if s.executed == 0:
                return "canceled before anything was done"
            done = words.plural(s.executed or 0, task.kind.counts)
            if task.whole is not None:
                done = f"{s.executed or 0:,} of {counted}"
            after = f" after {done}" if s.executed else ""
            return f"canceled{after}; nothing is rolled back"
        case Verdict.OVERDUE:
            return f"still running after {age}" if age else "still running"
        case Verdict.GAVE_UP:
            return f"gave up watching after {age}; it may still be running"
        case Verdict.VANISHED:
            return f"AWS IoT {'no longer knows' if task.status else 'does not know'} this task"
        case Verdict.UNREADABLE:
            return _unreadable(look)
        case Verdict.UNKNOWN_STATUS:
            told = f"status {task.status} is unknown" if task.status else "AWS gave no status"
            return f"{told}; gave up watching after {age}" if age else told


def _unreadable(look: Look) -> str:
    memory, error = look.memory, look.memory.problem.error if look.memory.problem else None
    why = f": {error}" if error else ""
    match look.decision:
        case Decision.OUT_OF_SIGHT:
            lasted = words.duration(memory.age_seconds - (memory.trouble_since or 0))
            return f"out of sight for {lasted}{why}; still watching"
        case Decision.REFUSED if error == MEMBER_NOT_LISTED:
            return "no longer watched: its member was removed"
        case Decision.CRASHED:
            return f"the watch broke off; how it ended is not known{why}"
    return f"how it ended is not known{why}"


def _notes(task: Task, verdict: Verdict, look: Look) -> list[str]:
    s, decision, problem = task.statistics, look.decision, look.memory.problem
    notes = []
    if verdict is Verdict.VANISHED and task.status:
        notes.append("It was there before; how it ended is not known.")
    elif verdict is Verdict.VANISHED:
        notes.append(
            "AWS IoT answers that there is no such task: it was named wrongly, runs in another "
            "region or account, or is older than the 90 days that AWS keeps tasks."
        )
    if decision is Decision.OUT_OF_SIGHT:
        notes.append(
            "AWS IoT can't be asked about it right now. The watch goes on; a final message will "
            "follow."
        )
    elif verdict is Verdict.UNREADABLE:
        notes.append("Look at it yourself, with the command below.")
    if verdict is Verdict.UNREADABLE and problem and problem.message:
        says = "The reason" if problem.error in _OURS else _SAYS.get(decision, "AWS says")
        notes.append(f"{says}: {problem.message}")
    if verdict is Verdict.NOTHING_DONE:
        why = "all were skipped" if s.done else "most likely its target matched nothing"
        notes.append(
            f"AWS IoT calls the task {task.status}, yet no {task.kind.counts} was "
            f"{task.kind.executed}: {why}."
        )
    if verdict is not Verdict.CANCELED and task.is_canceled and s.executed:
        notes.append("Canceling rolls nothing back.")
    if decision in _LAST_WORDS or (problem and problem.error == MEMBER_NOT_LISTED):
        notes.append("No further message will come about this task.")
    if verdict is Verdict.OVERDUE:
        notes.append("The watch goes on; a final message will follow.")
        if task.status and not task.has_known_status:
            notes.append(f"AWS gives it the status {task.status}, which is not a known one.")
    if decision not in _SEEN and s.known:
        notes.append("The counts are those of the last look that worked.")
    kinds = {type(params) for action in task.actions for params in action.params}
    if AddThingsToThingGroup in kinds and s.executed:
        notes.append(
            "A thing group enforces nothing by itself: it needs a deny policy attached to it."
        )
    if UpdateDeviceCertificate in kinds and s.executed:
        notes.append(
            "Devices are disconnected within a few minutes after their certificate is deactivated."
        )
    if task.kind.rows_by_subject and (s.skipped or verdict is Verdict.NOTHING_DONE):
        notes.append("AWS does not act on suppressed findings.")
    if task.started and task.ended and task.ended < task.started:
        notes.append("AWS reports an end before the start: trust neither time.")
    return notes


# Why nothing more will come is not plain from the task's own end.
_LAST_WORDS = {Decision.GAVE_UP, Decision.UNREADABLE, Decision.CRASHED}
_OURS = {MEMBER_NOT_LISTED, MEMBER_ROLE_REFUSED}
_SAYS = {Decision.CRASHED: "The function that looks at it failed"}
