"""The parameters: each used, described, and held within bounds that are known to be right."""

from collections.abc import Iterator, Mapping
from itertools import chain, combinations
from typing import Any

from local.parameters import why_not
from tests.support.combinations import ACCOUNT, ACTS, BOUNDARY, COMBINATIONS, KEY, SECRET, TOPIC
from tests.support.product import Product
from tests.template.wiring import of_type

WEBHOOK = "https://hooks.slack.com/services/T0/B0/x"
# Beside the values of the combinations and the defaults.
ACCEPTED = {
    "EmailAddress": ["on-call+iot@example.com"],
    "SlackWebhookSecretArn": [
        SECRET.replace(":aws:", f":{each}:") for each in ("aws-us-gov", "aws-cn")
    ],
    "SlackChannelId": ["G012AB3CDEF"],
    "SlackActors": ["U0ADA,W012AB3CDEF"],
    "SlackApprovals": ["", "cancel,retry,undo"],
    "TopicArn": [TOPIC.replace(":aws:", ":aws-cn:")],
    "TimeZone": ["Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+3"],
    "AccountAlias": ["prod - fleet_1.eu"],
    "MemberAccounts": [",".join(["210987654321"] * 100)],
    "MemberRegions": ["us-east-1", "eu-west-1,ap-southeast-2,us-gov-west-1,mx-central-1"],
    "MemberAliases": ["210987654321=fleet-us", "210987654321=a b,310987654321=c_d.e"],
    "KmsKeyArn": [KEY.replace("key/", "key/mrk-")],
    "PermissionsBoundaryArn": ["arn:aws:iam::aws:policy/PowerUserAccess"],
}
REFUSED = {
    "EmailAddress": ["on-call", "a@b c", "a@b,c@d"],
    # The URL itself would stand in the stack's parameters, for everyone to read.
    "SlackWebhookSecretArn": [WEBHOOK, SECRET[:-7], SECRET[:-14] + "*", "slack-webhook"],
    "SlackBotTokenSecretArn": ["xoxb-1-2-x", SECRET[:-7], "slack-app"],
    "SlackChannelId": ["#alerts", "alerts", "U0123456789", "C1", "c0mitigate"],
    "SlackActions": ["", "undo", "all", "retry", "cancel-undo"],
    "SlackActors": ["*", "ada", "@ada", "U0ADA, U0BO", "U0ADA,", "U0ADA\nU0BO", "everybody"],
    "SlackApprovals": ["none", "approve", "retry, undo", "retry,", "all"],
    "SlackSigningSecretArn": ["0123456789abcdef0123456789abcdef", SECRET[:-7], "slack-app"],
    "SlackAppId": ["*", "T0EXAMPLE", "mitigation"],
    "SlackTeamId": ["*", "A0MITIGATE", "example.slack.com"],
    "TopicArn": [TOPIC + ".fifo", "findings", f"arn:aws:sns:eu-west-1:{ACCOUNT}:*"],
    "AlarmTopicArn": [TOPIC + ".fifo", "on-call", "arn:aws:sqs:eu-west-1:123456789012:on-call"],
    "SnsVerdicts": ["none", ""],
    "SlackVerdicts": ["failures"],
    "AmazonQ": ["yes", "True"],
    "TaskTypes": ["audit,detect", "", "all"],
    "SweepMinutes": ["1", "7", "-5"],
    "OverdueMinutes": ["4", "1441", "soon"],
    "WatchLimitHours": ["0", "73"],
    "TimeZone": ["", "Europe/", "Europe/Berlin Europe/Rome"],
    "AccountAlias": ["<!channel>", "a" * 64],
    "MemberAccounts": ["2109876543", "210987654321, 310987654321", "*", "210987654321,"],
    "MemberRegions": ["*", "eu-*", "Ireland", "eu-west-1 eu-west-2", "eu-west-1,"],
    "MemberAliases": ["fleet-us", "210987654321=", "210987654321=<!channel>", "1=a,"],
    "PollMinSeconds": ["4", "61"],
    "PollMaxSeconds": ["239", "901"],
    "KmsKeyArn": [KEY.replace("key/", "alias/"), KEY.replace(KEY[-36:], "*")],
    "SlackSecretKmsKeyArn": ["alias/aws/secretsmanager"],
    "PermissionsBoundaryArn": [BOUNDARY.replace("policy/", "role/"), "developers"],
    "LogRetentionDays": ["0", "2"],
}
TOLD = {"EmailAddress", "SlackWebhookSecretArn", "SlackBotTokenSecretArn", "TopicArn"}
HEARD = {"EmailAddress", "AlarmTopicArn"}
APP = {"SlackBotTokenSecretArn", "SlackChannelId"}


def parameters_are_shown_said_and_bound(product: Product) -> Iterator[str]:
    parameters = product.template["Parameters"]
    groups = product.template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    if sorted(name for group in groups for name in group["Parameters"]) != sorted(parameters):
        yield "the groups do not show each parameter once"
    yield from said_and_bound(parameters, ACCEPTED, REFUSED)
    for given in chain(COMBINATIONS.values(), [ACTS]):
        for name, value in given.items():
            if expected := why_not(parameters[name], value):
                yield f"{name} refuses {value!r}: {expected}"


def said_and_bound(
    parameters: dict[str, dict[str, Any]],
    accepted: Mapping[str, list[str]],
    refused: Mapping[str, list[str]],
) -> Iterator[str]:
    for name, parameter in parameters.items():
        if not str(parameter.get("Description", "")).endswith("."):
            yield f"{name} is not described"
        if "AllowedPattern" in parameter and "ConstraintDescription" not in parameter:
            yield f"{name}: who gets it wrong isn't told what is right"
        for value in accepted.get(name, [parameter.get("Default", "")]):
            if expected := why_not(parameter, str(value)):
                yield f"{name} refuses {value!r}: {expected}"
        for value in refused.get(name, ["anything"]):
            if why_not(parameter, value) is None:
                yield f"{name} takes {value!r}"


def enough_is_given_and_not_too_much(product: Product) -> Iterator[str]:
    """Refused is what tells nobody, whose alarms nobody hears, and half of a Slack app, or more."""
    choices = sorted({*TOLD, *HEARD, *APP})
    for given in chain(*(combinations(choices, size) for size in range(len(choices) + 1))):
        names = set(given)
        wanted = [line for line in (TOLD, HEARD) if not line & names]
        wanted += [APP] * ("SlackWebhookSecretArn" in names and bool(APP & names))
        wanted += [APP] * (len(APP & names) == 1)
        found = product.refusals(dict.fromkeys(given, "given"))
        if len(found) != len(wanted) or not all(
            name in refusal for names, refusal in zip(wanted, found, strict=True) for name in names
        ):
            yield f"with {', '.join(given) or 'nothing'} it is said: {found}"
    for missing in ("", *ACTS.keys() - {"SlackActions", "EmailAddress"}):
        found = product.refusals(ACTS | ({missing: ""} if missing else {}))
        if bool(found) is not bool(missing):
            yield f"with acts, and without {missing or 'nothing'}, it is said: {found}"


def subscriptions_are_made(product: Product) -> Iterator[str]:
    """The address gets the messages, or else the queue does; and alarms that go nowhere else."""
    for combination, parameters in COMBINATIONS.items():
        stack = product.stack(parameters)
        asked = {"NotificationTopic": "TopicArn", "AlarmTopic": "AlarmTopicArn"}
        if (topics := set(of_type(stack, "AWS::SNS::Topic"))) != {
            topic for topic, given in asked.items() if given not in parameters
        }:
            yield f"{combination}: there are {sorted(topics)}"
        address, topic = parameters.get("EmailAddress"), parameters.get("TopicArn")
        letters: Any = {"deadLetterTargetArn": "DeadLetterQueue.Arn"}
        expected = [("email", address, topic or "NotificationTopic", letters)]
        if "AlarmTopicArn" not in parameters:
            expected.append(("email", address, "AlarmTopic", None))
        found = [
            (each["Protocol"], each["Endpoint"], each["TopicArn"], each.get("RedrivePolicy"))
            for each in of_type(stack, "AWS::SNS::Subscription").values()
        ]
        if found != (expected if address else []):
            yield f"{combination}: subscribed are {found}"
