"""The state machine: a sound graph, in which nothing fails, hangs or ends unseen."""

import ast
import math
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import boto3
from statelint.config import Config
from statelint.linter import Linter

from mitigation.patience import PATIENCE_SECONDS
from tests.support.combinations import APP
from tests.support.product import REGION, ROOT, Product
from tests.template.probing import Crashed
from tests.template.wiring import probed

EXPECTED_SUBSTITUTIONS = {
    "AWSPartition": "aws",
    "DescribeTaskFunctionArn": "DescribeTaskFunction.Arn",
    "NotifyFunctionArn": "NotifyFunction.Arn",
    "ShowProgressFunctionArn": "ShowProgressFunction.Arn",
    "DeadLetterQueueUrl": "DeadLetterQueue",
    "Channels": "sns,slack",
}


def the_graph_is_sound(product: Product) -> Iterator[str]:
    yield from Linter.validate(product.definition, Config(["URI", "FLOAT"], False, False))


def substitutions_fit(product: Product) -> Iterator[str]:
    """Every `${name}` is given, every given name is used, and each is what it says."""
    used = set(re.findall(r"\$\{(\w+)\}", str(product.definition)))
    machine = product.stack(APP)["WatchTaskStateMachine"]["Properties"]
    given = machine.get("DefinitionSubstitutions", {})
    for name in used - set(given):
        yield f"${{{name}}} is not given"
    for name in set(given) - used:
        yield f"{name} is given, but not used"
    for name, value in given.items():
        if value != EXPECTED_SUBSTITUTIONS.get(name):
            yield f"{name} is {value}"
    without_slack = product.stack()["WatchTaskStateMachine"]["Properties"]
    if without_slack["DefinitionSubstitutions"].get("Channels") not in {"sns", None}:
        yield "Slack is a channel without a webhook"


def tasks_fail_safely(product: Product) -> Iterator[str]:
    """Every Task has an end, tries again, and catches all; what comes last in a list is for all."""
    for name, state in states(product.definition):
        if state["Type"] != "Task":
            continue
        if "TimeoutSeconds" not in state:
            yield f"{name} has no TimeoutSeconds: it may hang"
        for field in ("Retry", "Catch"):
            if field == "Retry" and name in COURTESIES:
                continue
            rules = state.get(field) or [{"ErrorEquals": []}]
            if rules[-1]["ErrorEquals"] != ["States.ALL"]:
                yield f"{name}: the last {field} is not for States.ALL"
            if any("States.ALL" in rule["ErrorEquals"] for rule in rules[:-1]):
                yield f"{name}: States.ALL stands before the end of {field}"
        for rule in state.get("Retry", []):
            lasts = name in PATIENT and rule["ErrorEquals"] == ["States.ALL"]
            if lasts and not _lasts(rule):
                yield f"{name}: its retries may end before {PATIENCE_SECONDS} s"
            elif not lasts and _jitters_not(rule):
                yield f"{name}: a Retry without jitter"


# What no jitter may shorten: a watch outlives a function that fails for half a day.
PATIENT = {"DescribeTask", "Notify"}
LONGEST_DELAY_SECONDS = 300
# What is tried once: the watch goes on without it.
COURTESIES = {"ShowProgress"}


def _jitters_not(rule: dict[str, Any]) -> bool:
    return rule.get("MaxAttempts", 3) > 0 and rule.get("JitterStrategy") != "FULL"


def _lasts(rule: dict[str, Any]) -> bool:
    """Also where each failure takes no time at all."""
    delays = (
        rule["IntervalSeconds"] * rule["BackoffRate"] ** n for n in range(rule["MaxAttempts"])
    )
    longest = rule.get("MaxDelaySeconds", math.inf)
    return (
        longest <= LONGEST_DELAY_SECONDS
        and "JitterStrategy" not in rule
        and sum(min(delay, longest) for delay in delays) >= PATIENCE_SECONDS
    )


def timeouts_are_caught(product: Product) -> Iterator[str]:
    """The machine's own TimeoutSeconds can't be caught, so it would be silence.

    A Task's must be longer than its function's, whose error says more.
    """
    if "TimeoutSeconds" in product.definition:
        yield "the state machine itself has TimeoutSeconds"
    stack = product.stack(APP)
    for name, state in states(product.definition):
        function = function_of(product, state)
        if function and state.get("TimeoutSeconds", 0) <= stack[function]["Properties"]["Timeout"]:
            yield f"{name} ends before {function} does"


def errors_exist(product: Product) -> Iterator[str]:
    """Error names are matched as text: a misspelled one would match nothing."""
    known = _known_errors()
    for name, state in states(product.definition):
        for rule in [*state.get("Retry", []), *state.get("Catch", [])]:
            for error in rule["ErrorEquals"]:
                if error not in known and not error.startswith("States."):
                    yield f"{name}: nothing raises {error}"


def answers_hold_what_is_read(product: Product) -> Iterator[str]:
    """On AWS a missing path is States.Runtime, which no Catch catches."""
    stack = product.stack(APP)
    for name, state in states(product.definition):
        if not (function := function_of(product, state)):
            continue
        read = set(re.findall(r"\$\.Payload\.(\w+)", str(state.get("ResultSelector"))))
        try:
            answers = probed(stack, function).answers
        except (Crashed, KeyError) as crash:
            yield f"{name}: {function} does not answer: {crash}"
            continue
        for missing in sorted({path for answer in answers for path in read - set(answer)}):
            yield f"{name} reads {missing}, which {function} does not always answer"


def states(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """All states, those inside a Map among them."""
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def function_of(product: Product, state: dict[str, Any]) -> str | None:
    """The logical id of the function that a Task invokes."""
    machine = product.stack(APP)["WatchTaskStateMachine"]["Properties"]
    name = str(state.get("Parameters", {}).get("FunctionName", "")).strip("${}")
    arn = machine.get("DefinitionSubstitutions", {}).get(name)
    return str(arn).removesuffix(".Arn") if arn else None


@cache
def _known_errors() -> set[str]:
    """What AWS IoT answers, and every class of our own."""
    iot = boto3.client("iot", region_name=REGION)
    return {shape.name for shape in iot.meta.service_model.error_shapes} | {
        node.name
        for path in (ROOT / "functions").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
