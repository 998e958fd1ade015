"""The parameters: each used, described, and held within bounds that are known to be right."""

from collections.abc import Iterator
from typing import Any

from local.parameters import why_not
from tests.support.combinations import ACCOUNT, BOUNDARY, KEY, SECRET, TOPIC
from tests.support.product import Product

GOV_SECRET = SECRET.replace(":aws:", ":aws-us-gov:")
WEBHOOK = "https://hooks.slack.com/services/T0/B0/x"
ACCEPTED = {
    "EmailAddress": ["", "on-call+iot@example.com"],
    "SlackWebhookSecretArn": ["", SECRET, GOV_SECRET, SECRET.replace(":aws:", ":aws-cn:")],
    "SlackBotTokenSecretArn": ["", SECRET, GOV_SECRET],
    "SlackChannelId": ["", "C0MITIGATE", "G012AB3CDEF"],
    "SlackActions": ["off", "cancel", "cancel-retry", "cancel-retry-undo"],
    "SlackActors": ["", "U0ADA", "U0ADA,W012AB3CDEF"],
    "SlackApprovals": ["", "undo", "retry,undo", "cancel,retry,undo"],
    "SlackSigningSecretArn": ["", SECRET, GOV_SECRET],
    "SlackAppId": ["", "A0MITIGATE"],
    "SlackTeamId": ["", "T0EXAMPLE"],
    "TopicArn": ["", TOPIC, TOPIC.replace(":aws:", ":aws-cn:")],
    "AlarmTopicArn": ["", TOPIC],
    "SnsVerdicts": ["all", "problems"],
    "SlackVerdicts": ["all", "problems"],
    "AmazonQ": ["true", "false"],
    "TaskTypes": ["detect,audit", "detect", "audit"],
    "SweepMinutes": ["0", "5", "10", "15", "30", "60"],
    "OverdueMinutes": ["5", "1440"],
    "WatchLimitHours": ["1", "72"],
    "TimeZone": ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+3"],
    "AccountAlias": ["", "prod - fleet_1.eu"],
    "MemberAccounts": ["", "210987654321", ",".join(["210987654321"] * 100)],
    "MemberRegions": ["", "us-east-1", "eu-west-1,ap-southeast-2,us-gov-west-1,mx-central-1"],
    "MemberAliases": ["", "210987654321=fleet-us", "210987654321=a b,310987654321=c_d.e"],
    "PollMinSeconds": ["5", "60"],
    "PollMaxSeconds": ["240", "900"],
    "KmsKeyArn": ["", KEY, KEY.replace("key/", "key/mrk-")],
    "SlackSecretKmsKeyArn": ["", KEY],
    "PermissionsBoundaryArn": ["", BOUNDARY, "arn:aws:iam::aws:policy/PowerUserAccess"],
    "LogRetentionDays": ["1", "30", "3653"],
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


def parameters_are_used(product: Product) -> Iterator[str]:
    said = str([product.template[part] for part in ("Conditions", "Resources", "Outputs")])
    groups = product.template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    shown = [name for group in groups for name in group["Parameters"]]
    for name in product.template["Parameters"]:
        if f"'Ref': '{name}'" not in said and f"${{{name}}}" not in said:
            yield f"{name} is not used"
        if shown.count(name) != 1:
            yield f"{name} is in {shown.count(name)} groups"
    for name in set(shown) - set(product.template["Parameters"]):
        yield f"{name} is in a group, but no parameter"


def parameters_are_said_and_bound(product: Product) -> Iterator[str]:
    for name, parameter in product.template["Parameters"].items():
        if not str(parameter.get("Description", "")).endswith("."):
            yield f"{name} is not described"
        pattern = parameter.get("AllowedPattern", "^$")
        if not (
            {"AllowedValues", "AllowedPattern"} & set(parameter)
            or {"MinValue", "MaxValue"} <= set(parameter)
        ):
            yield f"{name} takes anything"
        if not (pattern.startswith("^") and pattern.endswith("$")):
            yield f"{name}: the pattern is not anchored"
        if "AllowedPattern" in parameter and "ConstraintDescription" not in parameter:
            yield f"{name}: who gets it wrong isn't told what is right"
        if not takes(parameter, str(parameter["Default"])):
            yield f"{name}: its own default is refused"


def parameters_take_what_they_should(product: Product) -> Iterator[str]:
    parameters = product.template["Parameters"]
    for name in set(parameters) - set(REFUSED):
        yield f"{name}: nothing is known that it refuses"
    for name, values in ACCEPTED.items():
        yield from (f"{name} refuses {v!r}" for v in values if not takes(parameters[name], v))
    for name, values in REFUSED.items():
        yield from (f"{name} takes {v!r}" for v in values if takes(parameters[name], v))


def takes(parameter: dict[str, Any], value: str) -> bool:
    return why_not(parameter, value) is None
