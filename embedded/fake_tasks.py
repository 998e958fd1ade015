"""The tasks that the fake IoT knows: one plays a scenario, one was started for what failed."""

from collections.abc import Callable
from datetime import datetime

from embedded.iot_wire import Refused
from embedded.scenario import Answer, Failure, Json, Scenario, TaskType, summary_of

AGAIN_SECONDS = 60


class Task:
    """One task on its way through its scenario's answers."""

    def __init__(self, scenario: Scenario, started: bool) -> None:
        self.scenario = scenario
        self.started = started
        self._canceled: datetime | None = None
        self._looks = 0

    def look(self, *, goes_on: bool = True) -> Json:
        """The next answer; the last one for ever after. Else the one before, once more."""
        steps = self.scenario.describe
        self._looks += goes_on or not self._looks
        step = steps[min(self._looks, len(steps)) - 1]
        if isinstance(step, Failure):
            raise Refused(step.code, step.message, step.status)
        return self._after_cancel(step).body

    def cancel(self, now: datetime) -> Json:
        if (self.summary() or {}).get("taskStatus") not in ("IN_PROGRESS", None):
            raise Refused("InvalidRequestException", "Task is not in progress")
        self._canceled = now
        return {}

    def summary(self) -> Json | None:
        """What the answer told last says of the task; None where only errors were told."""
        told = self.scenario.describe[: max(self._looks, 1)]
        answers = [step for step in told if isinstance(step, Answer)]
        if not answers:
            return None
        return summary_of(self.scenario.task_type, self._after_cancel(answers[-1]).body)

    def _after_cancel(self, step: Answer) -> Answer:
        if not self._canceled:
            return step
        summary = {**summary_of(self.scenario.task_type, step.body), "taskStatus": "CANCELED"}
        detect = self.scenario.task_type == "detect"
        summary["taskEndTime" if detect else "endTime"] = self._canceled.isoformat()
        return Answer({"taskSummary": summary} if detect else summary)


class StartedAgain(Task):
    """A task for what failed in another: it goes well, a minute or two looks later."""

    def __init__(self, task_type: TaskType, asked: Json, clock: Callable[[], float]) -> None:
        detect, ids = task_type == "detect", next(iter(asked["target"].values()))
        begun = {"taskStatus": "IN_PROGRESS", "target": asked["target"]}
        if detect:
            done = {"taskStatistics": {"actionsExecuted": len(ids)}, "taskStatus": "SUCCESSFUL"}
        else:
            counts = {"totalFindingsCount": len(ids), "succeededFindingsCount": len(ids)}
            check = next(iter(asked["auditCheckToActionsMapping"]))
            done = {"taskStatistics": {check: counts}, "taskStatus": "COMPLETED"}
        named = {"taskId": asked["taskId"]} if detect else {}
        steps = [begun | named, begun | done | named]
        answers = [Answer({"taskSummary": each} if detect else each) for each in steps]
        super().__init__(Scenario(task_type, asked["taskId"], tuple(answers)), started=False)
        self._clock, self._end = clock, clock() + AGAIN_SECONDS

    @property
    def runs(self) -> bool:
        return self._looks < 2 and self._clock() < self._end
