"""More than one account and region: the hop between event buses, and who asks."""

import functools
import json
import logging
from typing import Any

from embedded.mends.check import expect, find

_log = logging.getLogger("embedded")


def name_principals(iam_evaluator: Any) -> None:
    """`aws:PrincipalArn` of a role's session is the role's own ARN, as AWS has it."""
    resolve = find(iam_evaluator, "_resolve_condition_key", "key", "ctx")

    @functools.wraps(resolve)
    def named(key: str, ctx: Any) -> Any:
        value = resolve(key, ctx)
        if key.lower() == "aws:principalarn" and ":assumed-role/" in str(value):
            stem, role = str(value).split(":assumed-role/")
            return f"{stem.replace(':sts:', ':iam:')}:role/{role.partition('/')[0]}"
        return value

    iam_evaluator._resolve_condition_key = named


def keep_bus_policies(eventbridge: Any, provisioners: Any) -> None:
    """CloudFormation gives an event bus the policy that the template has for it."""
    where, handlers = "provisioners._RESOURCE_HANDLERS", provisioners._RESOURCE_HANDLERS
    bus = handlers.get("AWS::Events::EventBus", {})
    expect({"create", "update"} <= set(bus), where, "an AWS::Events::EventBus")
    expect(hasattr(eventbridge, "_event_bus_policies"), "eventbridge", "_event_bus_policies")
    create = find(provisioners, "_eb_event_bus_create", "logical_id", "props", "stack_name")
    update = find(
        provisioners, "_eb_event_bus_update", "physical_id", "old_props", "new_props", "stack_name"
    )

    def kept(made: Any, properties: Any) -> Any:
        eventbridge._event_bus_policies[made[0]] = properties.get("Policy") or {}
        return made

    def created(logical_id: str, props: Any, stack_name: str) -> Any:
        return kept(create(logical_id, props, stack_name), props)

    def updated(physical_id: str, old_props: Any, new_props: Any, stack_name: str) -> Any:
        return kept(update(physical_id, old_props, new_props, stack_name), new_props)

    provisioners._RESOURCE_HANDLERS = {
        **handlers,
        "AWS::Events::EventBus": {**bus, "create": created, "update": updated},
    }


def hop_between_buses(eventbridge: Any, iam_evaluator: Any, iam: Any, responses: Any) -> None:
    """A rule's target may be a bus of another account or region, once.

    As on AWS the target's role has to trust EventBridge and to allow it, another account's bus
    lets it in by its policy, and the event keeps the account and region it came from.
    """
    dispatch = find(
        eventbridge,
        "_dispatch_to_event_bus",
        "spec",
        "event",
        "rule",
        "event_path",
        "target_input_payload",
    )
    deliver = find(eventbridge, "_dispatch_event", "event", "view")
    scope = find(responses, "request_scope", "account_id", "region")
    may_send = _permission(iam_evaluator, iam)
    expect(hasattr(eventbridge, "_event_bus_policies"), "eventbridge", "_event_bus_policies")

    @functools.wraps(dispatch)
    def hop(spec: Any, event: Any, rule: Any, event_path: Any, payload: Any = None) -> None:
        here = (responses.get_account_id(), responses.get_region())
        there = (spec.account_id, spec.region)
        if here == there:
            dispatch(spec, event, rule, event_path, payload)
            return
        name = spec.resource.partition("/")[2]
        key = eventbridge._rule_key(rule.get("Name"), rule.get("EventBusName", "default"))
        bus = f"arn:aws:events:{spec.region}:{spec.account_id}:event-bus/{name}"
        [role] = {t.get("RoleArn") for t in eventbridge._targets.get(key, []) if t["Arn"] == bus}
        policy = eventbridge._event_bus_policies.get_scoped(*there, name)
        if (event["Account"], event["Region"]) != here:
            _log.warning("EventBridge sends an event to one other bus, not to %s too", bus)
            return
        if not may_send(role, bus, event, policy if here[0] != there[0] else _ANYBODY):
            _log.warning("EventBridge may not send to %s as %s", bus, role)
            return
        with scope(*there):
            if name in eventbridge._event_buses:
                deliver({**event, "EventBusName": name})

    eventbridge._dispatch_to_event_bus = hop


# In its own account a bus takes what the sender's role may send.
_ANYBODY = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}


def _permission(iam_evaluator: Any, iam: Any) -> Any:
    """Whether EventBridge may send an event to a bus, as that role and by that bus's policy."""
    policies_of = find(iam_evaluator, "_gather_role_policies", "role_name", "account_id")
    find(iam_evaluator, "evaluate", "ctx", "policies", "limits")
    asked = ("doc", "ctx", "service", "named_only", "direct_only")
    by_policy = find(iam_evaluator, "evaluate_resource_policy", *asked)
    trusts = find(iam_evaluator, "_service_principal_matches", "principal", "service")

    def may_send(role_arn: str, bus: str, event: Any, policy: Any) -> bool:
        account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
        role = iam._roles.get_scoped(account, None, name)
        if role is None:
            return False
        trust = role["AssumeRolePolicyDocument"]
        statements = (json.loads(trust) if isinstance(trust, str) else trust)["Statement"]
        context = iam_evaluator.EvalContext(
            principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/events",
            principal_type="AssumedRole",
            principal_account=account,
            action="events:PutEvents",
            resource_arn=bus,
            region=bus.split(":")[3],
            service_context={
                "events:source": event["Source"],
                "events:detail-type": event["DetailType"],
            },
        )
        identity = iam_evaluator.evaluate(context, policies_of(name, account))
        return (
            any(trusts(each.get("Principal"), "events.amazonaws.com") for each in statements)
            and identity.decision == "Allow"
            and by_policy(policy, context).decision == "Allow"
        )

    return may_send
