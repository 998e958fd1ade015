"""AWS IoT's answers about action executions and audit findings, from lists, without a network."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import inf
from types import SimpleNamespace
from typing import Any

from mitigation.pace import Pace

type Item = Mapping[str, Any]


@dataclass(slots=True)
class StaticIot:
    """The part of boto3's IoT client that reads details; `calls` lists the operations in order."""

    rows: Sequence[Item] = ()
    findings: Sequence[Item] = ()
    page_size: int = 250
    calls: list[str] = field(default_factory=list)
    asked: list[Item] = field(default_factory=list)  # the members of each request

    def get_paginator(self, operation: str) -> Any:
        return SimpleNamespace(paginate=partial(self._pages, operation))

    def _pages(self, operation: str, **members: Any) -> Iterator[dict[str, Any]]:
        self.asked.append(members)
        name = "findings" if operation == "list_audit_findings" else "actionsExecutions"
        items = self.findings if name == "findings" else self.rows
        for start in range(0, max(len(items), 1), self.page_size):
            self.calls.append(operation)
            end = start + self.page_size
            more = {"nextToken": "more"} if end < len(items) else {}
            yield {name: list(items[start:end]), **more}

    def list_audit_mitigation_actions_executions(self, **members: Any) -> dict[str, Any]:
        self.calls.append("list_audit_mitigation_actions_executions")
        self.asked.append(members)
        rows = [row for row in self.rows if row.get("findingId") == members["findingId"]]
        more = {"nextToken": "more"} if len(rows) > members["maxResults"] else {}
        return {"actionsExecutions": rows[: members["maxResults"]], **more}

    def describe_audit_finding(self, **members: Any) -> dict[str, Any]:
        self.calls.append("describe_audit_finding")
        found = [item for item in self.findings if item.get("findingId") == members["findingId"]]
        return {"finding": found[0]} if found else {}


def unpaced() -> Pace:
    """As many calls as are wanted, at once."""
    return Pace(inf, clock=lambda: 0.0, sleep=lambda _seconds: None)
