"""What a stack is given: parameters, within bounds; and events, which start a watch or are kept."""

import json
import re
from collections.abc import Mapping
from itertools import chain, compress
from itertools import product as every
from typing import Any

from moto.events.models import EventPattern

from local.parameters import why_not
from tests.support.combinations import ACTS, BOUNDARY, COMBINATIONS, KEY, MEMBERS, SECRET, TOPIC
from tests.support.product import ACCOUNT, MEMBER, REGION, ROOT, Product
from tests.template.wiring import Checks, of_type

# What each takes, beside the values of the combinations, and what it refuses.
# fmt: off
VALUES: dict[str, tuple[list[str], list[str]]] = {
    "EmailAddress": (["on-call+iot@example.com"], ["on-call", "a@b c", "a@b,c@d"]),
    # The URL itself would stand in the stack's parameters, for everyone to read.
    "SlackWebhookSecretArn": ([SECRET.replace(":aws:", ":aws-us-gov:")],
                              ["https://hooks.slack.com/services/T0/B0/x", SECRET[:-7], "slack-*"]),
    "SlackChannelId": (["G012AB3CDEF"], ["#alerts", "alerts", "U0123456789", "C1", "c0mitigate"]),
    "SlackActors": (["U0ADA,W012AB3CDEF"], ["*", "@ada", "U0ADA, U0BO", "U0ADA,", "U0ADA\nU0BO"]),
    "SlackApprovals": (["", "cancel,retry,undo"], ["none", "retry, undo", "retry,", "all"]),
    "TopicArn": ([TOPIC.replace(":aws:", ":aws-cn:")], [TOPIC + ".fifo", TOPIC[:-8] + "*"]),
    "OverdueMinutes": ([], ["4", "1441", "soon"]),
    "WatchLimitHours": ([], ["0", "73"]),
    "TimeZone": (["Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+3"],
                 ["", "Europe/", "Europe/Berlin Europe/Rome"]),
    "AccountAlias": (["prod - fleet_1.eu"], ["<!channel>", "a" * 64]),
    "MemberAccounts": ([",".join(["210987654321"] * 100)],
                       ["2109876543", "210987654321, 310987654321", "*", "210987654321,"]),
    "MemberRegions": (["us-east-1", "eu-west-1,ap-southeast-2,us-gov-west-1,mx-central-1"],
                      ["*", "eu-*", "Ireland", "eu-west-1 eu-west-2", "eu-west-1,"]),
    "MemberAliases": (["210987654321=fleet-us", "210987654321=a b,310987654321=c_d.e"],
                      ["fleet-us", "210987654321=", "210987654321=<!channel>", "1=a,"]),
    "PollMinSeconds": ([], ["4", "61"]),
    "PollMaxSeconds": ([], ["239", "901"]),
    "KmsKeyArn": ([KEY.replace("key/", "key/mrk-")], [KEY.replace("key", "alias"), KEY[:-9] + "*"]),
    "PermissionsBoundaryArn": (["arn:aws:iam::aws:policy/PowerUserAccess"],
                               [BOUNDARY.replace("policy/", "role/"), "*", "developers"]),
    # Of member.yaml
    "HubAccount": (["123456789012"], ["", "*", "12345678901"]),
    "HubRegion": (["eu-west-1", "us-gov-west-1"], ["", "*", "Ireland"]),
    "HubStack": (["mitigation-notifier", "n" * 30], ["", "*", "n" * 31, "arn:aws:x"]),
}
# fmt: on
ANYTHING: tuple[list[str], list[str]] = ([], ["anything"])  # enough for what is one of a list
TOLD = {"EmailAddress", "SlackWebhookSecretArn", "SlackBotTokenSecretArn", "TopicArn"}
HEARD = {"EmailAddress", "AlarmTopicArn"}
APP = {"SlackBotTokenSecretArn", "SlackChannelId"}


def parameters_are_shown_said_and_bound(product: Product) -> Checks:
    parameters = product.template["Parameters"]
    groups = product.template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    shown = [name for group in groups for name in group["Parameters"]]
    yield "shown in a group", sorted(shown), sorted(parameters)
    for name, parameter in (*parameters.items(), *MEMBER["Parameters"].items()):
        yield f"{name} is described", str(parameter.get("Description", "")).endswith("."), True
        # Else who gets it wrong isn't told what is right.
        told = "AllowedPattern" not in parameter or "ConstraintDescription" in parameter
        yield f"{name} says what is right", told, True
        takes, refuses = VALUES.get(name, ANYTHING)
        for value in takes or [parameter.get("Default", "")]:
            yield f"{name} refuses {value!r}", why_not(parameter, str(value)), None
        for value in refuses:
            yield f"{name} takes {value!r}", why_not(parameter, value) is None, False
    for given in chain(COMBINATIONS.values(), [ACTS]):
        for name, value in given.items():
            yield f"{name} refuses {value!r}", why_not(parameters[name], value), None


def enough_is_given_and_not_too_much(product: Product) -> Checks:
    """Refused is what tells nobody, whose alarms nobody hears, and half of a Slack app, or more."""
    choices, webhook = TOLD | HEARD | APP, "SlackWebhookSecretArn"
    for chosen in every((True, False), repeat=len(choices)):
        given = set(compress(sorted(choices), chosen))
        asked_for = [names for names in (TOLD, HEARD) if not names & given]
        asked_for += [APP | {webhook}] * (webhook in given and bool(APP & given))
        asked_for += [APP] * (len(APP & given) == 1)
        said = product.refusals(dict.fromkeys(given, "given"))
        named = [choices.intersection(re.findall(r"\w+", each)) for each in said]
        yield f"with {given or 'nothing'} it is asked for", named, asked_for
    for missing in ("", *ACTS.keys() - {"SlackActions", "EmailAddress"}):
        said = product.refusals(ACTS | ({missing: ""} if missing else {}))
        yield f"with acts, without {missing or 'nothing'}, refused", bool(said), bool(missing)


def subscriptions_are_made(product: Product) -> Checks:
    """The address gets the messages, or else the queue does; and alarms that go nowhere else."""
    for combination, parameters in COMBINATIONS.items():
        stack, address = product.stack(parameters), parameters.get("EmailAddress")
        asked = {"NotificationTopic": "TopicArn", "AlarmTopic": "AlarmTopicArn"}
        topics = [topic for topic, given in asked.items() if given not in parameters]
        yield f"{combination}: topics", [*of_type(stack, "AWS::SNS::Topic")], topics
        mail: dict[str, Any] = {"Protocol": "email", "Endpoint": address}
        kept = {"RedrivePolicy": {"deadLetterTargetArn": "DeadLetterQueue.Arn"}}
        wanted = [mail | kept | {"TopicArn": parameters.get("TopicArn", "NotificationTopic")}]
        wanted += [mail | {"TopicArn": "AlarmTopic"}] * ("AlarmTopic" in topics)
        found = [*of_type(stack, "AWS::SNS::Subscription").values()]
        yield f"{combination}: subscribed", found, wanted if address else []


HOME = {"account": ACCOUNT, "region": REGION}


def sample(name: str, detail: Mapping[str, str] = {}, /, **members: str) -> dict[str, Any]:
    """One of our CloudTrail events, with these members changed."""
    text = (ROOT / "events" / "cloudtrail" / f"{name}.json").read_text(encoding="utf-8")
    event = json.loads(text)
    return {**event, **members, "detail": {**event["detail"], **detail}}


TAKEN = {
    "a detect task started": sample("start_detect"),
    "an audit task started": sample("start_audit"),
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
    for account, region in every(*(listed.split(",") for listed in MEMBERS.values()))
]
NOWHERE = [HOME | {"region": "us-east-1"}, HOME | {"account": "210987654321"}]


def rules_take_what_can_be_watched(product: Product) -> Checks:
    """Successful starts alone; of this place, or from the members' bus of listed ones."""
    stack = product.stack(MEMBERS)
    listens = stack["MemberTaskStartedRule"]["Properties"].get("EventBusName")
    yield "the members' rule listens on", listens, "MemberBus"
    for rule, places in (("TaskStartedRule", [HOME]), ("MemberTaskStartedRule", ABROAD)):
        for what, event in (TAKEN | LEFT).items():
            for place in (HOME, *ABROAD, *NOWHERE):
                taken, wanted = takes(stack[rule], event | place), what in TAKEN and place in places
                yield f"{what} in {place} is taken by {rule}", taken, wanted
    # Without MemberRegions members are watched in this region.
    accounts = {"TaskStartedRule": HOME["account"], "MemberTaskStartedRule": "210987654321"}
    for kind, started, rule in every(("detect", "audit"), ("detect", "audit"), accounts):
        stack = product.stack({"TaskTypes": kind, "MemberAccounts": "210987654321"})
        taken = takes(stack[rule], sample(f"start_{started}", account=accounts[rule]))
        yield f"{kind} alone: {started} is taken by {rule}", taken, started == kind


def takes(rule: dict[str, Any], event: dict[str, Any]) -> bool:
    matcher: Any = EventPattern.load(json.dumps(rule["Properties"]["EventPattern"]))
    return bool(matcher.matches_event(event))


# Of a start all is kept: EventBridge tries for a day, Lambda for six hours.
KEPT = "StartFailuresQueue.Arn"
A_DAY = {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}
SIX_HOURS = {"MaximumEventAgeInSeconds": 21600, "MaximumRetryAttempts": 2}
# The next tick is its retry: a late one, or a letter about it, would only be in the way.
AT_ONCE = {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0}
START = {"Arn": "StartWatchFunction.Arn", "DeadLetterConfig": {"Arn": KEPT}, "RetryPolicy": A_DAY}
KEEPS: dict[str, dict[str, Any]] = {
    "TaskStartedRule": {"Targets": [{"Id": "StartWatch", **START}]},
    "MemberTaskStartedRule": {"Targets": [{"Id": "StartWatch", **START}]},
    "SweepRule": {"Targets": [{"Id": "Sweep", "Arn": "SweepFunction.Arn", "RetryPolicy": AT_ONCE}]},
    "StartWatchFunctionEventInvokeConfig":
        SIX_HOURS | {"DestinationConfig": {"OnFailure": {"Destination": KEPT}}},
    "SweepFunctionEventInvokeConfig": AT_ONCE | {"DestinationConfig": {}},
}  # fmt: skip


def starts_are_kept_and_ticks_are_not(product: Product) -> Checks:
    stack = product.stack(MEMBERS)
    for name, wanted in KEEPS.items():
        properties = stack.get(name, {}).get("Properties", {})
        yield name, {key: properties.get(key) for key in wanted}, wanted


def sweeps_come_as_asked_for_and_never_two_at_once(product: Product) -> Checks:
    """Two at once would ask AWS IoT at twice its rate."""
    for minutes in filter(None, product.template["Parameters"]["SweepMinutes"]["AllowedValues"]):
        stack = product.stack({"SweepMinutes": str(minutes)})
        rate = stack["SweepRule"]["Properties"].get("ScheduleExpression")
        yield "the sweep comes at", rate, f"rate({minutes} minutes)"
        takes_minutes = stack["SweepFunction"]["Properties"]["Timeout"] / 60
        yield f"a sweep ends in time, after {takes_minutes}", takes_minutes < minutes, True
