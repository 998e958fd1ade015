"""What moto's Step Functions and queues hold in the end, read without a call."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.sqs.models import sqs_backends
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from tests.support.deployment import ACCOUNT, MACHINE_ARN
from tests.support.interpreter import Wait
from tests.support.product import REGION


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution that has ended; `waits` are its Wait states' names and seconds, in order."""

    name: str
    status: str
    error: str | None
    cause: str | None
    history: Sequence[Mapping[str, Any]]
    waits: Sequence[tuple[str, float]]

    @property
    def states(self) -> list[str]:
        return [state["name"] for state in self.entered]

    @property
    def entered(self) -> list[Mapping[str, Any]]:
        """Name and input of each state, in order."""
        details = (event.get("stateEnteredEventDetails") for event in self.history)
        return [found for found in details if found]


def read_executions(waits: Sequence[Wait], machine_arn: str = MACHINE_ARN) -> list[Execution]:
    machine = stepfunctions_parser_backends[ACCOUNT][REGION].describe_state_machine(machine_arn)
    executions: list[Any] = machine.executions
    return [
        Execution(
            name=found.name,
            status=found.status,
            error=found.error,
            cause=found.cause,
            history=found.to_history_output()["events"],
            waits=[(state, wait) for name, state, wait in waits if name == found.name],
        )
        for found in executions
    ]


def read_letters(queue: str) -> list[dict[str, Any]]:
    """What lies in the queue; it stays there."""
    messages = sqs_backends[ACCOUNT][REGION].queues[queue].messages
    return [json.loads(message.body) for message in messages]
