"""What the functions are given, and what AWS answers them, of tasks of up to 100,000 rows."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from bench import ROOT
from embedded.fake_slack import FakeSlack
from embedded.serving import Handler, serving
from embedded.slack_workspace import TOKEN
from mitigation.action_executions import read_details
from mitigation.codec import encode
from mitigation.decision import Decision, Look, Memory
from mitigation.kind import TaskType
from mitigation.task import parse_task
from mitigation.wire import to_wire
from tests.support import clicks
from tests.support.static_iot import StaticIot, unpaced

type Json = dict[str, Any]
type Tasks = Mapping[str, tuple[Json, Sequence[Mapping[str, Any]]]]  # answers and rows, by task id

PAGE = 250
PUBLISHED = (
    b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>'
    b"<MessageId>1</MessageId></PublishResult></PublishResponse>"
)
WEBHOOK = "https://hooks.slack.com/services/T0/B0/benchmark"
SECRETS = {b"signing": clicks.SECRET, b"slack-app": TOKEN, b"": WEBHOOK}  # by what names them
STARTED_EXECUTION: Json = {"executionArn": "arn", "startDate": 1_790_000_000}

ROWS = 100_000
EXECUTION_ARN = "arn:aws:states:eu-west-1:123456789012:execution:WatchTask:detect-quarantine-7"
STARTED = datetime(2026, 11, 22, 10, 1, 7, tzinfo=UTC)
MEMORY = Memory(age_seconds=154, since=STARTED)


def event(path: str) -> Json:
    found: Json = json.loads((ROOT / "events" / path).read_text(encoding="utf-8"))
    return found


@cache
def tasks() -> Tasks:
    """The tasks that describe_task is asked about, by id."""
    return {"running": (running(), []), "many": many()}


def click() -> Json:
    """As Slack sends it; signed a little ahead, for what is counted takes its time."""
    return clicks.event(clicks.form(clicks.payload()), at=time.time() + 280)


def ended() -> tuple[Json, list[Json]]:
    """A task that ended, with its action executions: some failed."""
    rows: list[Json] = event("executions/detect-failed-partly.json")["actionsExecutions"]
    return event("describe/detect-failed-partly.json"), rows


def running() -> Json:
    """A task two minutes after its start."""
    answer = event("describe/detect-successful.json")
    del answer["taskSummary"]["taskEndTime"]
    answer["taskSummary"] |= {"taskStartTime": time.time() - 120, "taskStatus": "IN_PROGRESS"}
    answer["taskSummary"]["taskId"] = "running"
    return answer


def many() -> tuple[Json, list[Json]]:
    """A task of which 100,000 action executions failed.

    Each has a cause of its own, told at length in signs of four bytes.
    """
    answer, counts = ended()[0], {"actionsExecuted": 0, "actionsSkipped": 0, "actionsFailed": ROWS}
    answer["taskSummary"] |= {"taskId": "many", "taskStatistics": counts}
    return answer, [
        {
            "taskId": "many",
            "violationId": f"{n:032x}-{n:032x}",
            "actionName": "QuarantineThings",
            "thingName": f"sensor-{n}",
            "status": "FAILED",
            "executionStartDate": STARTED.timestamp() + n / 1000,
            "executionEndDate": STARTED.timestamp() + n / 1000 + 0.009,
            "errorCode": f"Error{n}Exception",
            "message": f"{n} ".ljust(2048, "\N{PILE OF POO}"),
        }
        for n in range(ROWS)
    ]


def describe_event(task_id: str) -> Json:
    """Not the first look: the state machine hands back what the last one said."""
    state = event("invoke/describe_task.json")
    state["input"]["taskId"] = task_id
    return state | {"look": encode(Look(Decision.WAIT, 5, MEMORY))}


def progress_event() -> Json:
    """As the state machine has it after a look at a task that runs."""
    memory = MEMORY._replace(task=to_wire(running()), shows=("slack",))
    return _told("slack", Look(Decision.WAIT, 5, memory, progress=True))


def notify_event(channel: str, answer: Json, rows: list[Json]) -> Json:
    """As the state machine has it after DescribeTask has read the rows."""
    task = parse_task(answer, TaskType.DETECT)
    details = read_details(StaticIot(rows), task, unpaced())  # type: ignore[arg-type]  # a fake, which answers the calls that are made of boto3's client
    memory = MEMORY._replace(task=answer, details=encode(details))
    return _told(channel, Look(Decision.ENDED, 0, memory))


def _told(channel: str, look: Look) -> Json:
    watch = event("invoke/describe_task.json") | {"look": encode(look)}
    return {"version": 3, "channel": channel, "executionArn": EXECUTION_ARN, "watch": watch}


@contextmanager
def loopback(folder: Path, tasks: Tasks) -> Iterator[dict[str, str]]:
    """AWS on 127.0.0.1, which answers at once, as far as the functions ask it; and Slack.

    The environment that leads there; `folder` is for Slack's certificate.
    """

    class Requests(Handler):
        def handle_any(self) -> None:
            body, operation = self.body(), self.headers.get("X-Amz-Target", "")
            if self.command == "POST" and not operation:
                self.answer(200, {"Content-Type": "text/xml"}, PUBLISHED)
                return
            if not operation:
                answer = _iot(tasks, urlsplit(self.path))
            elif operation.startswith("AWSStepFunctions"):
                answer = STARTED_EXECUTION
            else:
                secret = next(text for name, text in SECRETS.items() if name in body)
                answer = {"ARN": "arn", "Name": "slack", "SecretString": secret}
            self.answer(200, {"Content-Type": "application/json"}, json.dumps(answer).encode())

        do_GET = do_PUT = do_POST = handle_any  # noqa: N815  http.server calls methods by these names

    with serving(Requests) as port, FakeSlack() as slack:
        url = f"http://127.0.0.1:{port}"
        yield {"AWS_ENDPOINT_URL": url, **slack.environment(folder)}


def _iot(tasks: Tasks, url: SplitResult) -> Json:
    asked = dict(parse_qsl(url.query))
    if url.path.endswith("/executions"):
        rows, first = tasks[asked["taskId"]][1], int(asked.get("nextToken", "0"))
        more = {"nextToken": str(first + PAGE)} if first + PAGE < len(rows) else {}
        return {"actionsExecutions": rows[first : first + PAGE], **more}
    return tasks[url.path.rpartition("/")[2]][0]
