"""What starts a watch reaches StartWatch, and what cannot is kept."""

import json
from collections.abc import Iterator
from typing import Any

from moto.events.models import EventPattern

from tests.support.combinations import BOTH, COMBINATIONS, MEMBERS
from tests.support.product import PSEUDO_PARAMETERS, REGION, ROOT, Product, Resources
from tests.template.wiring import of_type

SAMPLES = ROOT / "events" / "cloudtrail"
KEPT = "StartFailuresQueue.Arn"


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
    "a start with members that we don't know": sample("start_detect", "detail.new", {"a": 1}),
}
LEFT = {
    "a start that was refused": sample("start_detect_refused"),
    "a start with an error": sample("start_detect", "detail.errorCode", "AccessDenied"),
    "another call": sample("start_detect", "detail.eventName", "StartAuditTask"),
    "another service": sample("start_detect", "detail.eventSource", "iotevents.amazonaws.com"),
    "a source of somebody's own": sample("start_detect", "source", "my.iot"),
    "another account": sample("start_detect", "account", "999999999999"),
    "another region": sample("start_detect", "region", "us-east-1"),
    "a sign-in": sample("start_detect", "detail-type", "AWS Console Sign In via CloudTrail"),
}


def the_rule_takes_what_can_be_watched(product: Product) -> Iterator[str]:
    """Of CloudTrail's events only successful starts, of this account and region."""
    for what, event in (TAKEN | LEFT).items():
        if takes(product.stack(BOTH), event) != (what in TAKEN):
            yield f"{what} is {'left' if what in TAKEN else 'taken'}"
    for kind, other in (("detect", "audit"), ("audit", "detect")):
        stack = product.stack({"TaskTypes": kind})
        if not takes(stack, sample(f"start_{kind}")) or takes(stack, sample(f"start_{other}")):
            yield f"{kind} alone does not mean {kind} alone"


def the_members_rule_takes_what_their_roles_can_read(product: Product) -> Iterator[str]:
    """From the members' bus the same starts, of every listed account in every listed region."""
    stack = product.stack(BOTH | MEMBERS)
    if (bus := stack["MemberTaskStartedRule"]["Properties"].get("EventBusName")) != "MemberBus":
        yield f"the members' rule listens on {bus}"
    places = [
        {"account": account, "region": region}
        for account in MEMBERS["MemberAccounts"].split(",")
        for region in MEMBERS["MemberRegions"].split(",")
    ]
    stranger = {"account": "999999999999", "region": "us-east-1"}
    elsewhere = {"account": "210987654321", "region": "eu-west-1"}
    for what, event in (TAKEN | LEFT).items():
        for place in (*places, stranger, elsewhere):
            wanted = place in places and (
                what in TAKEN or what in {"another account", "another region"}
            )
            if takes(stack, event | place, "MemberTaskStartedRule") != wanted:
                yield f"{what} in {place} is {'left' if wanted else 'taken'}"
    alone = product.stack(BOTH | {"MemberAccounts": "210987654321"})
    if not takes(alone, sample("start_audit", "account", "210987654321"), "MemberTaskStartedRule"):
        yield "without MemberRegions no member is watched in this region"


def takes(stack: Resources, event: dict[str, Any], rule: str = "TaskStartedRule") -> bool:
    pattern = stack[rule]["Properties"]["EventPattern"]
    matcher: Any = EventPattern.load(json.dumps(pattern))
    return bool(matcher.matches_event(event))


def starts_reach_the_function(product: Product) -> Iterator[str]:
    for combination, parameters in COMBINATIONS.items():
        stack = product.stack(parameters)
        for name, rule in of_type(stack, "AWS::Events::Rule").items():
            targets = rule["Targets"]
            is_sweep = name == "SweepRule"
            function = "SweepFunction" if is_sweep else "StartWatchFunction"
            if [target["Arn"] for target in targets] != [f"{function}.Arn"]:
                yield f"{combination}: {name} does not start {function}"
            if not any(permits(permission, name, function) for permission in stack.values()):
                yield f"{combination}: {name} may not invoke {function}"
            keeps = None if is_sweep else {"Arn": KEPT}
            if any(target.get("DeadLetterConfig") != keeps for target in targets):
                yield f"{combination}: {name} does not keep what is lost, or keeps what is not"
    for minutes in ("5", "60"):
        sweep = product.stack({"SweepMinutes": minutes})["SweepRule"]["Properties"]
        if sweep.get("ScheduleExpression") != f"rate({minutes} minutes)":
            yield f"the sweep comes {sweep.get('ScheduleExpression', 'never')}"


def failed_starts_are_kept(product: Product) -> Iterator[str]:
    """Lambda tries an event again twice; then the queue has it."""
    config = invoke_config(product, "StartWatchFunction")
    kept = config.get("DestinationConfig", {}).get("OnFailure")
    if config.get("MaximumRetryAttempts") != 2:
        yield "StartWatch is invoked as Lambda pleases"
    if kept != {"Destination": KEPT}:
        yield f"what StartWatch can't do goes to {kept}"


def a_tick_is_not_tried_again(product: Product) -> Iterator[str]:
    """The next one is its retry: a late tick, or a letter about it, would only be in the way."""
    config = invoke_config(product, "SweepFunction")
    [target] = product.stack()["SweepRule"]["Properties"]["Targets"]
    if config.get("MaximumRetryAttempts") != 0 or config.get("DestinationConfig"):
        yield "a failed sweep is tried again, or leaves a letter"
    for where in (config, target.get("RetryPolicy", {})):
        if where.get("MaximumRetryAttempts") != 0 or where.get("MaximumEventAgeInSeconds") != 60:
            yield f"a tick is kept for {where}"


def invoke_config(product: Product, function: str) -> dict[str, Any]:
    config = product.stack().get(f"{function}EventInvokeConfig", {})
    found: dict[str, Any] = config.get("Properties", {})
    return found if found.get("FunctionName") == function else {}


def permits(permission: dict[str, Any], rule: str, function: str) -> bool:
    wanted = {
        "Action": "lambda:InvokeFunction",
        "FunctionName": function,
        "Principal": "events.amazonaws.com",
        "SourceArn": f"{rule}.Arn",
    }
    return bool(permission["Properties"] == wanted)
