"""AWS IoT with one task, met by boto3's real client: the fake stands in place of the network."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar
from unittest import mock

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from embedded.fake_iot import FakeIot
from embedded.scenario import Scenario, parse
from mitigation.acts.button import Button
from mitigation.acts.click import Action
from mitigation.acts.perform import perform
from mitigation.acts.progress import Progress
from mitigation.kind import TaskType
from tests.support.aws import Refusal, ask, refuse
from tests.support.tasks import DEFINITIONS

NOW = datetime(2026, 11, 22, 10, 12, tzinfo=UTC)
AGREED = datetime(2026, 11, 22, 10, 10, tzinfo=UTC)  # to the act
ENDED = "2026-11-22T10:03:00Z"


def scenario(
    status: str = "IN_PROGRESS",
    kind: str = "detect",
    *,
    executed: Mapping[str, int] | None = None,
    failed: int = 0,
    target: Mapping[str, Any] | None = None,
    **more: Any,
) -> Scenario:
    """A task that has carried out so many of each of tasks.ACTIONS, while `failed` others failed.

    Of an audit each is about a finding of its own: a certificate, a CA's, or a policy.
    """
    detect, executed = kind == "detect", executed or {}
    task_id = "quarantine-7" if detect else "audit-46"
    subject, good = ("violation", "SUCCESSFUL") if detect else ("finding", "COMPLETED")
    rows = [(name, number, good) for name, count in executed.items() for number in range(count)]
    rows += [("Quarantine", number, "FAILED") for number in range(1_000, 1_000 + failed)]
    ids = [f"{subject}-{name}-{number}" for name, number, _ in rows]
    ended = {} if status == "IN_PROGRESS" else {"taskEndTime" if detect else "endTime": ENDED}
    summary = {
        "taskStatus": status,
        "taskStartTime" if detect else "startTime": "2026-11-22T10:00:00Z",
        "actionsDefinition": DEFINITIONS,
        **ended,
        **({"taskId": task_id} if detect else {"target": target or {"findingIds": ids}}),
        **more.pop("summary", {}),
    }
    document = {
        "taskType": kind,
        "taskId": task_id,
        "describe": [{"taskSummary": summary} if detect else summary],
        "executions": [
            {f"{subject}Id": one, "actionName": name, "status": outcome}
            | ({"thingName": f"sensor-{number}"} if detect else {})
            for one, (name, number, outcome) in zip(ids, rows, strict=True)
        ],
        "findings": [] if detect else [
            {
                "findingId": one,
                "taskId": "audit-1",
                "checkName": "A_CHECK",
                "reasonForNonComplianceCode": f"FOR_{name.upper()}",
                "nonCompliantResource": {"resourceIdentifier": _resource(name, number)},
            }
            for one, (name, number, _) in zip(ids, rows, strict=True)
        ],
    }  # fmt: skip
    return parse(document | more)


def _resource(action: str, number: int) -> dict[str, Any]:
    match action:
        case "DeactivateCA":
            return {"caCertificateId": f"{number:064x}"}
        case "Blank":
            return {"policyVersionIdentifier": {"policyName": f"p{number}", "policyVersionId": "3"}}
    return {"deviceCertificateId": f"{number:08x}{action.encode().hex():0<56}"}


class Iot:
    """`refusals`: error codes by operation, one a call, "" for none. Time passes by sleeping only:
    put it in place of `mitigation.pace.time`. `moments` is when each operation was called.
    """

    met: ClassVar["Iot"]  # by the client

    def __init__(self, known: Scenario, refusals: Mapping[str, Sequence[str]] = {}) -> None:
        self.scenario, self.now = known, 0.0
        self.moments: list[tuple[str, float]] = []
        self.fake = FakeIot(known, now=lambda: NOW)
        self._refusals = {operation: [*codes] for operation, codes in refusals.items()}

    def button(self, action: Action, changes: int | None = None) -> Button:
        kind = TaskType(self.scenario.task_type)
        return Button(action, kind, self.scenario.task_id, changes=changes)

    def acts(
        self, action: Action, progress: Progress | None = None, *, agreed: int | None = None
    ) -> tuple[Progress, int]:
        """How far it is then; `agreed` is the number of changes that were agreed to."""
        button = self.button(action, agreed)
        with mock.patch("mitigation.pace.time", self):
            return perform(self.client, button, progress or Progress(), since=AGREED)

    @property
    def client(self) -> Any:
        Iot.met = self
        return _client()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def asked(self, operation: str) -> list[Mapping[str, Any]]:
        """With which parameters, each time."""
        return [each.parameters for each in self.fake.calls if each.operation == operation]

    @property
    def changes(self) -> list[str]:
        """The operations that may have changed something, in their order."""
        reads = ("Describe", "List")
        return [name for name, _ in self.moments if not name.startswith(reads)]

    def answer(self, request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse:
        operation = event_name.rpartition(".")[2]
        self.moments.append((operation, self.now))
        codes = self._refusals.get(operation)
        if code := codes.pop(0) if codes else "":
            return refuse(request, "iot", Refusal(code, message="as planned"))
        return ask(self.fake, request)


@cache
def _client() -> Any:
    made: Any = boto3.client("iot", "eu-west-1", config=Config(retries={"total_max_attempts": 1}))
    made.meta.events.register("before-send.iot", lambda *_, **sent: Iot.met.answer(**sent))
    return made
