"""AWS on 127.0.0.1, as far as the functions ask it: answers that are ready, at once."""

import contextlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from bench.inputs import Json
from embedded.fake_slack import FakeSlack
from embedded.serving import Handler, serving
from embedded.slack_workspace import TOKEN
from tests.support import clicks

type Tasks = Mapping[str, tuple[Json, Sequence[Mapping[str, Any]]]]  # answers and rows, by task id

PAGE = 250
PUBLISHED = (
    b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>'
    b"<MessageId>1</MessageId></PublishResult></PublishResponse>"
)
WEBHOOK = "https://hooks.slack.com/services/T0/B0/benchmark"
SECRETS = {b"signing": clicks.SECRET, b"slack-app": TOKEN, b"": WEBHOOK}  # by what names them
ANSWERS: dict[str, Json] = {
    "AWSStepFunctions.StartExecution": {"executionArn": "arn", "startDate": 1_790_000_000},
    "AWSStepFunctions.DescribeStateMachine": {"creationDate": 1_790_000_000},
}


@dataclass(frozen=True, slots=True)
class Loopback:
    """`environment` leads boto3 and slack_sdk here."""

    environment: Mapping[str, str]
    tasks: Tasks


@contextlib.contextmanager
def loopback(folder: Path, tasks: Tasks) -> Iterator[Loopback]:
    """Serves while the block runs; `folder` is for Slack's certificate."""

    class Requests(Handler):
        def handle_any(self) -> None:
            body, operation = self.body(), self.headers.get("X-Amz-Target")
            if self.command == "POST" and not operation:
                self.answer(200, {"Content-Type": "text/xml"}, PUBLISHED)
                return
            if not operation:
                answer = _iot(tasks, urlsplit(self.path))
            elif not (known := ANSWERS.get(operation)):
                secret = next(text for name, text in SECRETS.items() if name in body)
                answer = {"ARN": "arn", "Name": "slack", "SecretString": secret}
            else:
                answer = known
            self.answer(200, {"Content-Type": "application/json"}, json.dumps(answer).encode())

        do_GET = do_PUT = do_POST = handle_any  # noqa: N815  http.server's names

    with serving(Requests) as port, FakeSlack() as slack:
        url = f"http://127.0.0.1:{port}"
        yield Loopback({"AWS_ENDPOINT_URL": url, **slack.environment(folder)}, tasks)


def _iot(tasks: Tasks, url: SplitResult) -> Json:
    asked = dict(parse_qsl(url.query))
    if url.path.startswith("/thing-groups/"):
        return {}
    if url.path.endswith("/executions"):
        rows, first = tasks[asked["taskId"]][1], int(asked.get("nextToken", "0"))
        more = {"nextToken": str(first + PAGE)} if first + PAGE < len(rows) else {}
        return {"actionsExecutions": rows[first : first + PAGE], **more}
    if url.path.endswith("/tasks"):
        started = time.time() - 600
        return {"tasks": [{"taskId": "swept-up", "taskStartTime": started, "startTime": started}]}
    return tasks[url.path.rpartition("/")[2]][0]
