"""An execution's history, read as it grows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from embedded.engine import Engine
from embedded.scenario import Json


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the execution's history, at the time that the functions' clock showed."""

    number: int
    at: datetime
    kind: str
    details: Json

    @property
    def state(self) -> str | None:
        """The state that is entered or left."""
        return self.details.get("name") if "State" in self.kind else None


def new_events(engine: Engine, states: Any, execution_arn: str, seen: int) -> list[Event]:
    """The events after number `seen`, oldest first: read from the end, as a history is long."""
    found: list[Json] = []
    pages = states.get_paginator("get_execution_history").paginate(
        executionArn=execution_arn, reverseOrder=True, PaginationConfig={"PageSize": 100}
    )
    for page in pages:
        found += [event for event in page["events"] if event["id"] > seen]
        if page["events"] and page["events"][-1]["id"] <= seen:
            break
    found.reverse()
    times = engine.times_of(event["timestamp"] for event in found)
    return [
        Event(event["id"], at, event["type"], _details(event))
        for event, at in zip(found, times, strict=True)
    ]


def _details(event: Json) -> Json:
    """The one member of the event that differs by its type."""
    for name, details in event.items():
        if name.endswith("EventDetails"):
            return dict(details)
    return {}
