"""docs/operations.md names what is there, and its commands are ones that the AWS CLI knows."""

import json
import re
import shlex
from functools import cache
from itertools import pairwise

import botocore.session
import pytest
from botocore import xform_name
from samtranslator.yaml_helper import yaml_parse

from mitigation.messages.sns import attributes
from mitigation.notice import Notice
from mitigation.report import Verdict
from ops import ROOT
from tests.support.letters import notify_input

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
TEMPLATE = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
GLOBAL_OPTIONS = {"output", "profile", "query", "region"}
CLI_NAMES = {("sns", "notification-endpoint"): "endpoint"}  # the CLI renames this one
CODE = "\n".join(re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)).replace("\\\n", " ")


def commands() -> list[list[str]]:
    found = []
    for line in CODE.splitlines():
        for part in re.split(r"\s\|\s|&&", line):
            words = shlex.split(part, comments=True)
            if words[:1] == ["aws"]:
                found.append(words[1:])
    return found


@cache
def model(service: str) -> botocore.model.ServiceModel:
    return botocore.session.Session().get_service_model(service)


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_the_aws_cli_knows_each_command(command: list[str]) -> None:
    service, name = command[:2]
    operations = {xform_name(op, "-"): op for op in model(service).operation_names}
    shape = model(service).operation_model(operations[name]).input_shape
    assert shape is not None
    given = {word[2:] for word in command if word.startswith("--")} - GLOBAL_OPTIONS
    parameters = {CLI_NAMES.get((service, option), option) for option in given}
    assert parameters <= {xform_name(member, "-") for member in shape.members}
    assert {xform_name(member, "-") for member in shape.required_members} <= parameters


def test_there_are_commands_on_the_page() -> None:
    assert {f"{service} {name}" for service, name, *_ in commands()} == {
        "chatbot associate-to-configuration",
        "chatbot update-slack-channel-configuration",
        "cloudformation describe-stacks",
        "iam create-policy",
        "secretsmanager create-secret",
        "secretsmanager put-secret-value",
        "sns subscribe",
        "sqs purge-queue",
        "stepfunctions start-execution",
    }


def test_every_alarm_of_the_template_is_explained_and_no_other() -> None:
    resources = TEMPLATE["Resources"].items()
    alarms = {name for name, item in resources if item["Type"] == "AWS::CloudWatch::Alarm"}
    assert set(re.findall(r"^\| `(\w+Alarm)` \|", PAGE, re.MULTILINE)) == alarms


def test_every_output_and_parameter_that_is_used_exists() -> None:
    assert set(re.findall(r"\$\(output (\w+)\)", PAGE)) <= set(TEMPLATE["Outputs"])
    parameters = set(re.findall(r"(?<!-deployment )\b(\w+)=(?:true|arn)", PAGE))
    assert parameters == {"AmazonQ", "SlackWebhookSecretArn"}
    assert parameters <= set(TEMPLATE["Parameters"])


def test_the_table_says_how_severe_each_verdict_is() -> None:
    rows = re.findall(r"^\| `(INFO|WARNING|CRITICAL)` \| (.*) \|$", PAGE, re.MULTILINE)
    told = {
        verdict: severity for severity, cell in rows for verdict in re.findall(r"`(\w+)`", cell)
    }
    known = {verdict.value: verdict.severity.value for verdict in Verdict}
    assert told.items() <= known.items()
    assert {name for name in known if name not in told} <= {
        name for name, severity in known.items() if severity == "CRITICAL"
    }


def test_filters_use_attributes_that_messages_have() -> None:
    event = notify_input()
    summary = event["watch"]["look"]["memory"]["task"]["taskSummary"]
    summary["target"] = {"securityProfileName": "FleetBaseline", "behaviorName": "b"}
    known = attributes(Notice.parse(event).report)
    policies = []
    for command in commands():
        options = dict(pairwise(command))
        if policy := json.loads(options.get("--attributes", "{}")).get("FilterPolicy"):
            policies.append(json.loads(policy))
    assert len(policies) == 2
    for policy in policies:
        both = policy.pop("$or")
        assert {"followsInterim": ["true"]} in both
        for alternative in both:
            assert set(alternative) < set(known)
        assert all(known[name] in values for name, values in policy.items())
    sentence = PAGE.partition("carries the attributes")[2].partition("each where")[0]
    assert set(re.findall(r"`(\w+)`", sentence)) == set(known)
