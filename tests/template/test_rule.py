"""Which events start a watch: the rule's pattern, as moto reads it."""

import json
from typing import Any

import pytest
from moto.events.models import EventPattern

from tests.support.product import PSEUDO_PARAMETERS, REGION, ROOT, Product

SAMPLES = ROOT / "events" / "cloudtrail"


def sample(name: str, path: str = "", value: object = None) -> dict[str, Any]:
    """One of our CloudTrail events, in this account and region, with one member changed."""
    event: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    event |= {"account": PSEUDO_PARAMETERS["AWS::AccountId"], "region": REGION}
    *parents, last = path.split(".")
    place = event
    for key in parents:
        place = place[key]
    if last:
        place[last] = value
    return event


TAKEN = {
    "a detect task started": sample("start_detect"),
    "an audit task started": sample("start_audit"),
    "members that we don't know": sample("start_detect", "detail.newMember", {"a": 1}),
}
LEFT = {
    "a start that was refused": sample("start_detect_refused"),
    "any error": sample("start_detect", "detail.errorCode", "AccessDenied"),
    "a task canceled": sample(
        "start_detect", "detail.eventName", "CancelDetectMitigationActionsTask"
    ),
    "another service": sample("start_detect", "detail.eventSource", "iotevents.amazonaws.com"),
    "a source of somebody's own": sample("start_detect", "source", "my.iot"),
    "another account": sample("start_detect", "account", "999999999999"),
    "another region": sample("start_detect", "region", "us-east-1"),
    "a sign-in": sample("start_detect", "detail-type", "AWS Console Sign In via CloudTrail"),
}


def takes(product: Product, event: dict[str, Any], task_types: str = "detect,audit") -> bool:
    rule = product.stack({"TaskTypes": task_types})["TaskStartedRule"]["Properties"]
    pattern: Any = EventPattern.load(json.dumps(rule["EventPattern"]))
    return bool(pattern.matches_event(event))


@pytest.mark.parametrize("what", TAKEN | LEFT)
def test_the_rule_takes_what_this_stack_can_watch_and_nothing_else(
    what: str, product: Product
) -> None:
    assert takes(product, (TAKEN | LEFT)[what]) == (what in TAKEN)


@pytest.mark.parametrize("kind", ["detect", "audit"])
def test_a_kind_that_is_not_watched_is_left(kind: str, product: Product) -> None:
    other = {"detect": "audit", "audit": "detect"}[kind]
    assert takes(product, sample(f"start_{kind}"), kind)
    assert not takes(product, sample(f"start_{other}"), kind)
