"""docs/operations.md names what is there, and its commands are ones that the AWS CLI knows."""

import json
import re
import shlex
from itertools import pairwise

import botocore.session
from botocore import xform_name
from samtranslator.yaml_helper import yaml_parse

from mitigation.messages.sns import attributes
from mitigation.notice import Notice
from mitigation.report import Verdict
from ops import ROOT
from tests.ops.conftest import notify_input

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
TEMPLATE = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
GLOBAL_OPTIONS = {"output", "profile", "query", "region"}
CLI_NAMES = {"notification-endpoint": "endpoint"}  # the CLI renames this one
CODE = "\n".join(re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)).replace("\\\n", " ")
PARTS = [shlex.split(part, comments=True) for part in re.split(r"\s\|\s|&&|\n", CODE)]
COMMANDS = [words[1:] for words in PARTS if words[:1] == ["aws"]]


def test_the_aws_cli_knows_each_command() -> None:
    session = botocore.session.Session()
    for command in COMMANDS:
        model = session.get_service_model(command[0])
        operations = {xform_name(name, "-"): name for name in model.operation_names}
        shape = model.operation_model(operations[command[1]]).input_shape
        assert shape, command
        given = {word[2:] for word in command if word.startswith("--")} - GLOBAL_OPTIONS
        parameters = {CLI_NAMES.get(option, option) for option in given}
        assert parameters <= {xform_name(member, "-") for member in shape.members}, command
        assert {xform_name(m, "-") for m in shape.required_members} <= parameters, command
    assert len(COMMANDS) > 8


def test_every_alarm_of_the_template_is_explained_and_no_other() -> None:
    resources = TEMPLATE["Resources"].items()
    alarms = {name for name, item in resources if item["Type"] == "AWS::CloudWatch::Alarm"}
    assert set(re.findall(r"^\| `(\w+Alarm)` \|", PAGE, re.MULTILINE)) == alarms


def test_every_output_and_parameter_that_is_used_exists() -> None:
    assert set(re.findall(r"\$\(output (\w+)\)", PAGE)) <= set(TEMPLATE["Outputs"])
    parameters = set(re.findall(r"(?<!-deployment )\b(\w+)=(?:true|arn)", PAGE))
    assert {"AmazonQ"} < parameters <= set(TEMPLATE["Parameters"])


def test_the_table_says_how_severe_each_verdict_is() -> None:
    rows = re.findall(r"^\| `(INFO|WARNING|CRITICAL)` \| (.*) \|$", PAGE, re.MULTILINE)
    told = {name: severity for severity, cell in rows for name in re.findall(r"`(\w+)`", cell)}
    known = {verdict.value: verdict.severity.value for verdict in Verdict}
    assert told.items() <= known.items()
    assert {known[name] for name in known.keys() - told} == {"CRITICAL"}


def test_filters_use_attributes_that_messages_have() -> None:
    target = {"securityProfileName": "FleetBaseline", "behaviorName": "b"}
    known = attributes(Notice.parse(notify_input("t1", target=target)).report)
    given = [json.loads(dict(pairwise(words)).get("--attributes", "{}")) for words in COMMANDS]
    policies = [json.loads(each["FilterPolicy"]) for each in given if "FilterPolicy" in each]
    assert len(policies) == 2
    for policy in policies:
        both = policy.pop("$or")
        assert {"followsInterim": ["true"]} in both
        assert all(set(alternative) < set(known) for alternative in both)
        assert all(known[name] in values for name, values in policy.items())
    sentence = PAGE.partition("carries the attributes")[2].partition("each where")[0]
    assert set(re.findall(r"`(\w+)`", sentence)) == set(known)
