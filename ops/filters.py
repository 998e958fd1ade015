"""Filter policies that hide the end: whoever was told in between is owed the final message."""

import json
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from moto.sns.utils import FilterPolicyMatcher

from mitigation.kind import TaskType
from mitigation.report import Verdict

# What is told in between; a final message may have any verdict.
_INTERIM = (Verdict.OVERDUE, Verdict.UNREADABLE)
_STATUSES = ("SUCCESSFUL", "COMPLETED", "FAILED", "CANCELED", "IN_PROGRESS")


def hides_final(policy: str) -> bool:
    """Whether a subscription with this policy may get an interim message and never its end.

    `policy` is SNS's FilterPolicy on message attributes, as JSON; raises ValueError for another.
    """
    parsed = json.loads(policy)
    profiles = [*_texts(parsed, "securityProfileName"), "any other"]
    for task_type, profile in product(TaskType, profiles):
        common = {"taskType": task_type.value, "securityProfileName": profile}
        interim = [_attributes(verdict, "IN_PROGRESS", "false") for verdict in _INTERIM]
        final = [_attributes(v, status, "true") for v in Verdict for status in _STATUSES]
        gets = [_passes(parsed, common | message) for message in interim]
        if any(gets) and not all(_passes(parsed, common | message) for message in final):
            return True
    return False


def _attributes(verdict: Verdict, status: str, follows_interim: str) -> dict[str, str]:
    return {
        "verdict": verdict.value,
        "severity": verdict.severity.value,
        "taskStatus": status,
        "followsInterim": follows_interim,
    }


def _passes(policy: dict[str, Any], attributes: Mapping[str, str]) -> bool:
    message = {name: {"Type": "String", "Value": value} for name, value in attributes.items()}
    return bool(FilterPolicyMatcher(policy, "MessageAttributes").matches(message, ""))


def _texts(policy: object, name: str) -> Iterator[str]:
    """The texts that a policy wants of one attribute, however deep its rule lies."""
    match policy:
        case dict():
            for key, rule in policy.items():
                if key == name and isinstance(rule, list):
                    yield from (text for text in rule if isinstance(text, str))
                yield from _texts(rule, name)
        case list():
            for rule in policy:
                yield from _texts(rule, name)
