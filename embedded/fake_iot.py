"""A fake of AWS IoT's mitigation actions tasks, on HTTP: no engine has these operations."""

import json
import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from embedded.fake_tasks import StartedAgain, Task
from embedded.iot_model import REGISTRY_OPERATIONS
from embedded.iot_registry import Registry
from embedded.iot_roles import Check
from embedded.iot_rows import between, matching, page
from embedded.iot_wire import Refused, Request, read_request, write_answer
from embedded.places import HOME, Place, signed_by
from embedded.running import Running
from embedded.scenario import (
    Json,
    Scenario,
    TaskType,
    ended_at,
)
from embedded.serving import Handler, serving

# AWS's own limits of tasks in progress.
AT_ONCE: dict[TaskType, int] = {"detect": 5, "audit": 10}
_A_TASK = re.compile(r"/mitigationactions/tasks/[^/]+$")
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Call:
    """One call that reached the fake; `error` is the code that it was answered with, if any."""

    operation: str
    parameters: Mapping[str, Any]
    error: str | None


class FakeIot(Running):
    """Serves `scenarios` at `.url` while the `with` block runs, and records `.calls`.

    Each scenario is a task of its own; one of another place is met there, by what is signed with
    keys of that account for that region: `at(place)` is the fake for it. `account_of` names the
    account of an access key. With `started=False` a task does not exist until someone
    starts it. `calls_per_second` throttles each operation as AWS does: every call over that
    number within a second is answered with ThrottlingException. `on_ended` is told when a task
    ended before the answer that says so is given.
    """

    def __init__(
        self,
        *scenarios: Scenario,
        started: bool = True,
        calls_per_second: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        on_ended: Callable[[datetime], None] = lambda moment: None,  # noqa: ARG005  told to nobody
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        account_of: Callable[[str], str] = lambda key: HOME.account,  # noqa: ARG005  one account
        place: Place = HOME,
    ) -> None:
        self.calls: list[Call] = []
        # Told before each look at a task from outside; while it stands still, looks change nothing.
        self.before_look: Callable[[], None] = lambda: None
        self.stands_still = False
        self.check: Check = lambda *_: None  # who may ask from outside
        self._tasks = {
            (s.task_type, s.task_id): Task(s, started) for s in scenarios if s.place == place
        }
        self._now = now
        self.registry = Registry(now)
        for task in self._tasks.values():
            self.registry.absorb(task.scenario)
        self._account_of = account_of
        elsewhere = {s.place for s in scenarios} - {HOME} if place == HOME else set()
        self._elsewhere = {
            other: FakeIot(
                *scenarios,
                started=started,
                calls_per_second=calls_per_second,
                clock=clock,
                on_ended=on_ended,
                now=now,
                place=other,
            )
            for other in elsewhere
        }
        self._limit = calls_per_second
        self._clock = clock
        self._on_ended = on_ended
        self._recent: dict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def _enter(self, running: ExitStack) -> None:
        fake = self

        class Requests(Handler):
            def handle_any(self) -> None:
                if self.command == "GET" and _A_TASK.search(self.path):
                    fake.before_look()
                asked = fake.addressed(self.headers.get("Authorization", ""))
                body, headers = self.body(), dict(self.headers)
                self.answer(*asked.respond(self.command, self.path, body, headers, fake.check))

            do_GET = do_PUT = do_POST = do_PATCH = handle_any  # noqa: N815  http.server's names

        self._port = running.enter_context(serving(Requests))

    @property
    def url(self) -> str:
        """The value for AWS_ENDPOINT_URL_IOT."""
        return f"http://127.0.0.1:{self._port}"

    def at(self, place: Place) -> "FakeIot":
        """The AWS IoT of that account in that region, which knows no task unless it was given."""
        if place == HOME:
            return self
        return self._elsewhere.setdefault(place, FakeIot(place=place))

    def addressed(self, authorization: str) -> "FakeIot":
        """The one that a request which is signed so is for."""
        if signed := signed_by(authorization):
            return self.at(Place(self._account_of(signed.account), signed.region))
        return self

    def respond(
        self,
        method: str,
        target: str,
        body: bytes,
        headers: Mapping[str, str] = NO_HEADERS,
        check: Check = lambda *_: None,
    ) -> tuple[int, Json, bytes]:
        """Status, headers and body for one request; `check` refuses who may not ask."""
        request = Request(f"{method} {target}", {})
        refused: Refused | None = None
        with self._lock:
            try:
                request = read_request(method, target, body, headers)
                check(method, target, body, headers)
                self._throttle(request.operation)
                answer = write_answer(request.operation, self._answer(request))
            except Refused as error:
                refused = error
            code = refused.code if refused else None
            self.calls.append(Call(request.operation, request.parameters, code))
        said = {"Content-Type": "application/json", "x-amzn-RequestId": f"{len(self.calls):032}"}
        if refused is None:
            return 200, said, answer
        said["x-amzn-ErrorType"] = refused.code
        return refused.status, said, _error_body(refused)

    def _throttle(self, operation: str) -> None:
        if self._limit is None:
            return
        now, recent = self._clock(), self._recent[operation]
        while recent and recent[0] <= now - 1:
            recent.popleft()
        if len(recent) >= self._limit:
            raise Refused("ThrottlingException", "Rate exceeded")
        recent.append(now)

    def _answer(self, request: Request) -> Json:
        asked = request.parameters
        if request.operation in REGISTRY_OPERATIONS:
            return self.registry.answer(request.operation, asked)
        task_type: TaskType = "detect" if "Detect" in request.operation else "audit"
        match request.operation:
            case "StartDetectMitigationActionsTask" | "StartAuditMitigationActionsTask":
                return self._start(task_type, asked)
            case "DescribeDetectMitigationActionsTask" | "DescribeAuditMitigationActionsTask":
                return self._look(self._task(task_type, asked["taskId"]))
            case "CancelDetectMitigationActionsTask" | "CancelAuditMitigationActionsTask":
                return self._task(task_type, asked["taskId"]).cancel(self._now())
            case "ListDetectMitigationActionsTasks" | "ListAuditMitigationActionsTasks":
                return self._list_tasks(task_type, asked)
            case "ListDetectMitigationActionsExecutions":
                keys = ("taskId", "violationId", "thingName")
                if not any(key in asked for key in (*keys, "startTime")):
                    raise Refused("InvalidRequestException", "taskId or a time range is required")
                rows = matching(self._rows("detect", "executions"), asked, keys)
                found = between(rows, asked, "executionStartDate")
                return page("actionsExecutions", found, asked)
            case "ListAuditMitigationActionsExecutions":
                rows = self._rows("audit", "executions")
                renamed = (
                    {**asked, "status": asked["actionStatus"]} if "actionStatus" in asked else asked
                )
                keys = ("taskId", "findingId", "status")
                return page("actionsExecutions", matching(rows, renamed, keys), asked)
            case "ListAuditFindings":
                rows = self._rows("audit", "findings")
                return page("findings", matching(rows, asked, ("taskId", "checkName")), asked)
            case _:
                rows = self._rows("audit", "findings")
                for finding in matching(rows, asked, ("findingId",)):
                    return {"finding": finding}
                raise _not_found("finding", asked["findingId"])

    def _look(self, task: Task) -> Json:
        answer = task.look(goes_on=not self.stands_still)
        if ended := ended_at(task.scenario.task_type, answer):
            self._on_ended(ended)
        return answer

    def _start(self, task_type: TaskType, asked: Json) -> Json:
        task = self._tasks.get((task_type, asked["taskId"]))
        if task is None and (again := self._again(task_type, asked)):
            task = self._tasks[task_type, asked["taskId"]] = again
        if task is None:
            known = ", ".join(task_id for _, task_id in self._tasks) or "none"
            raise Refused("InvalidRequestException", f"only these tasks are played here: {known}")
        if task.started:
            raise Refused("TaskAlreadyExistsException", f"Task {asked['taskId']} already exists")
        task.started = True
        return {"taskId": asked["taskId"]}

    def _again(self, task_type: TaskType, asked: Json) -> Task | None:
        """A task for what failed in another one: it goes well, a minute or two looks later."""
        member, subject = {
            "detect": ("violationIds", "violationId"), "audit": ("findingIds", "findingId"),
        }[task_type]  # fmt: skip
        ids = asked["target"].get(member) or []
        known = {row.get(subject) for row in self._rows(task_type, "executions")}
        if not ids or not known.issuperset(ids):
            return None
        of_kind = [task for (kind, _), task in self._tasks.items() if kind == task_type]
        running = sum(isinstance(task, StartedAgain) and task.runs for task in of_kind)
        if running >= AT_ONCE[task_type]:
            raise Refused("LimitExceededException", "Too many tasks in progress", 410)
        return StartedAgain(task_type, asked, self._clock)

    def _task(self, task_type: TaskType, task_id: str) -> Task:
        task = self._tasks.get((task_type, task_id))
        if task is None or not task.started:
            raise _not_found("task", task_id)
        return task

    def _list_tasks(self, task_type: TaskType, asked: Json) -> Json:
        tasks = [t for (kind, _), t in self._tasks.items() if kind == task_type and t.started]
        if task_type == "detect":
            rows = [row for task in tasks if (row := task.summary()) is not None]
            return page("tasks", between(rows, asked, "taskStartTime"), asked)
        rows = [
            {"taskId": task.scenario.task_id}
            | {key: row[key] for key in ("startTime", "taskStatus") if key in row}
            for task in tasks
            if (row := task.summary()) is not None
        ]
        found = matching(between(rows, asked, "startTime"), asked, ("taskStatus",))
        return page("tasks", found, asked)

    def _rows(self, task_type: TaskType, kind: str) -> list[Json]:
        """The rows of every started task of that type; AWS names the task in each of them."""
        return [
            row if kind == "findings" else {"taskId": task.scenario.task_id, **row}
            for (found, _), task in self._tasks.items()
            if found == task_type and task.started
            for row in getattr(task.scenario, kind)
        ]


def _not_found(what: str, name: str) -> Refused:
    return Refused("ResourceNotFoundException", f"No {what} with id {name} exists", 404)


def _error_body(error: Refused) -> bytes:
    return json.dumps({"message": str(error)}).encode()
