"""amazon_q.yaml: the buttons of a channel of Amazon Q, under messages about tasks that run.

What such a message holds for them is held by the unit tests of messages/amazon_q.py.
"""

import json
import re
from collections.abc import Iterator
from itertools import product as every
from typing import Any

from botocore import xform_name

from embedded.iot_model import OPERATIONS
from tests.support.product import PSEUDO_PARAMETERS, REGION, ROOT, Product, Resolver
from tests.template.wiring import of_type

ACTIONS = {"detect": "CancelDetectAction", "audit": "CancelAuditAction"}
LONGEST_STACK_NAME, LONGEST_REGION = "s" * 128, "ap-southeast-99"
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def buttons_are_within_the_limits_of_the_service(product: Product) -> Iterator[str]:
    """Their names are one's alone in all regions of an account: the actions are global."""
    names = set()
    for region, stack in every((REGION, LONGEST_REGION), ("one", "another")):
        for name, button in _buttons(product, region, stack).items():
            called = button["ActionName"]
            if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", called) or called in names:
                yield f"{name} is called {called}, which is too long, or what another is called"
            names.add(called)
            if len(command := button["Definition"]["CommandText"]) > 100:
                yield f"{name}: the command has {len(command)} characters"


def a_button_cancels_the_task_of_its_notification_where_it_can(product: Product) -> Iterator[str]:
    """While a task of its kind runs, in this account and region, whose name is no option."""
    buttons = _buttons(product)
    for kind, name in ACTIONS.items():
        [attachment] = buttons[name]["Attachments"]
        place = f"{PSEUDO_PARAMETERS['AWS::AccountId']}/{REGION}"
        shown = {"kind": kind, "status": "running", "place": place, "taskId": None}
        if {each["VariableName"]: each.get("Value") for each in attachment["Criteria"]} != shown:
            yield f"{name} is shown where {attachment['Criteria']}"
        if attachment["Variables"] != {
            variable: f"event.metadata.additionalContext.{variable}" for variable in shown
        }:
            yield f"{name} reads {attachment['Variables']}"
        if attachment["NotificationType"] != "Custom":
            yield f"{name} is for notifications of AWS's own"
        command = f"iot cancel-{kind}-mitigation-actions-task --task-id $taskId --region {REGION}"
        if (runs := buttons[name]["Definition"]["CommandText"]) != command:
            yield f"{name} runs {runs}"


def the_guardrail_of_the_page_is_what_the_buttons_need(product: Product) -> Iterator[str]:
    """No more: in a channel it is all that anybody can do."""
    blocks = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    [statement] = next(json.loads(each)["Statement"] for each in blocks if "iot:Cancel" in each)
    calls = {
        button["Definition"]["CommandText"].split()[1] for button in _buttons(product).values()
    }
    needed = {f"iot:{name}" for name in OPERATIONS if xform_name(name, "-") in calls}
    if set(statement["Action"]) != needed or len(needed) != len(calls):
        yield f"it allows {statement['Action']}, and the buttons call {sorted(calls)}"
    if statement["Condition"] != {"StringEquals": {"aws:RequestedRegion": REGION}}:
        yield f"it holds if {statement['Condition']}"


def outputs_name_what_is_to_be_attached(product: Product) -> Iterator[str]:
    said = product.template["Outputs"]
    found = Resolver(product.amazon_q, PSEUDO_PARAMETERS).resolve(product.amazon_q["Outputs"])
    arns = ",".join(f"{name}.CustomActionArn" for name in ACTIONS.values())
    for name, nested, expected in (
        ("AmazonQTopicArn", "StartsTopicArn", "StartsTopic"),
        ("AmazonQActionArns", "CustomActionArns", arns),
    ):
        handed_out = {"Fn::GetAtt": ["AmazonQChat", f"Outputs.{nested}"]}
        if said[name]["Value"] != handed_out or found[nested]["Value"] != expected:
            yield f"{name} is {said[name]['Value']}, {found[nested]['Value']}"


def _buttons(product: Product, region: str = REGION, stack: str = "one") -> dict[str, Any]:
    number = f"{LONGEST_STACK_NAME}/{len(stack):08}-da77-11e4-872e-{len(region):012}"
    values = PSEUDO_PARAMETERS | {
        "AWS::Region": region,
        "AWS::StackId": f"arn:aws:cloudformation:{region}:123456789012:stack/{number}",
        "AWS::StackName": LONGEST_STACK_NAME,
        "KeyArn": "key",
    }
    return of_type(Resolver(product.amazon_q, values).resources(), "AWS::Chatbot::CustomAction")
