"""What starts a watch reaches StartWatch, and what cannot is kept."""

import json
from collections.abc import Iterator, Mapping
from itertools import product as every
from typing import Any

from moto.events.models import EventPattern

from tests.support.combinations import BOTH, MEMBERS
from tests.support.product import PSEUDO_PARAMETERS, REGION, ROOT, Product

HOME = {"account": PSEUDO_PARAMETERS["AWS::AccountId"], "region": REGION}


def sample(
    name: str, detail: Mapping[str, object] | None = None, /, **members: str
) -> dict[str, Any]:
    """One of our CloudTrail events, in this account and region, with these members changed."""
    text = (ROOT / "events" / "cloudtrail" / f"{name}.json").read_text(encoding="utf-8")
    event = json.loads(text) | HOME | members
    return {**event, "detail": event["detail"] | (detail or {})}


TAKEN = {
    "a detect task started": sample("start_detect"),
    "an audit task started": sample("start_audit"),
    "a start with members that we don't know": sample("start_detect", {"new": {"a": 1}}),
}
LEFT = {
    "a start that was refused": sample("start_detect_refused"),
    "another call": sample("start_detect", {"eventName": "StartAuditTask"}),
    "another service": sample("start_detect", {"eventSource": "iotevents.amazonaws.com"}),
    "a source of somebody's own": sample("start_detect", source="my.iot"),
    "a sign-in": sample("start_detect", **{"detail-type": "AWS Console Sign In via CloudTrail"}),
}
ABROAD = [
    {"account": account, "region": region}
    for account in MEMBERS["MemberAccounts"].split(",")
    for region in MEMBERS["MemberRegions"].split(",")
]
NOWHERE = [HOME | {"region": "us-east-1"}, HOME | {"account": "210987654321"}]


def rules_take_what_can_be_watched(product: Product) -> Iterator[str]:
    """Successful starts alone; of this place, or from the members' bus of listed ones."""
    stack = product.stack(BOTH | MEMBERS)
    if (bus := stack["MemberTaskStartedRule"]["Properties"].get("EventBusName")) != "MemberBus":
        yield f"the members' rule listens on {bus}"
    for rule, places in (("TaskStartedRule", [HOME]), ("MemberTaskStartedRule", ABROAD)):
        for what, event in (TAKEN | LEFT).items():
            for place in (HOME, *ABROAD, *NOWHERE):
                wanted = what in TAKEN and place in places
                if takes(stack[rule], event | place) != wanted:
                    yield f"{what} in {place} is {'left' if wanted else 'taken'} by {rule}"
    for kind, started in every(("detect", "audit"), repeat=2):
        stack = product.stack({"TaskTypes": kind, "MemberAccounts": "210987654321"})
        # Without MemberRegions members are watched in this region.
        accounts = {"TaskStartedRule": HOME["account"], "MemberTaskStartedRule": "210987654321"}
        for rule, account in accounts.items():
            event = sample(f"start_{started}", account=account)
            if takes(stack[rule], event) is not (started == kind):
                yield f"{kind} alone does not mean {kind} alone to {rule}"


def takes(rule: dict[str, Any], event: dict[str, Any]) -> bool:
    matcher: Any = EventPattern.load(json.dumps(rule["Properties"]["EventPattern"]))
    return bool(matcher.matches_event(event))


# Of a start all is kept: EventBridge tries for a day, Lambda for six hours.
KEPT = "StartFailuresQueue.Arn"
START = {
    "Id": "StartWatch",
    "Arn": "StartWatchFunction.Arn",
    "DeadLetterConfig": {"Arn": KEPT},
    "RetryPolicy": {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185},
}
# The next tick is its retry: a late one, or a letter about it, would only be in the way.
AT_ONCE = {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0}
KEEPS: dict[str, dict[str, Any]] = {
    "TaskStartedRule": {"Targets": [START]},
    "MemberTaskStartedRule": {"Targets": [START]},
    "SweepRule": {"Targets": [{"Id": "Sweep", "Arn": "SweepFunction.Arn", "RetryPolicy": AT_ONCE}]},
    "StartWatchFunctionEventInvokeConfig": {
        "FunctionName": "StartWatchFunction",
        "MaximumEventAgeInSeconds": 21600,
        "MaximumRetryAttempts": 2,
        "DestinationConfig": {"OnFailure": {"Destination": KEPT}},
    },
    "SweepFunctionEventInvokeConfig": {
        "FunctionName": "SweepFunction", "DestinationConfig": {}, **AT_ONCE,
    },
}  # fmt: skip


def starts_are_kept_and_ticks_are_not(product: Product) -> Iterator[str]:
    stack = product.stack(BOTH | MEMBERS)
    for name, wanted in KEEPS.items():
        properties = stack.get(name, {}).get("Properties", {})
        found = {key: properties.get(key) for key in wanted}
        if found != wanted:
            yield f"{name} has {found}"


def sweeps_come_as_asked_for_and_never_two_at_once(product: Product) -> Iterator[str]:
    """Two at once would ask AWS IoT at twice its rate."""
    for minutes in filter(None, product.template["Parameters"]["SweepMinutes"]["AllowedValues"]):
        stack = product.stack({"SweepMinutes": str(minutes)})
        rate = stack["SweepRule"]["Properties"].get("ScheduleExpression")
        if rate != f"rate({minutes} minutes)":
            yield f"the sweep comes {rate}"
        if (takes := stack["SweepFunction"]["Properties"]["Timeout"]) >= 60 * minutes:
            yield f"a sweep may take {takes} s, and the next one comes after {60 * minutes} s"
