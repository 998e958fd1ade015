"""The state machines: sound graphs, in which nothing fails, hangs or ends unseen."""

import math
import re
from collections.abc import Iterator
from typing import Any

from statelint.config import Config
from statelint.linter import Linter

from mitigation.patience import PATIENCE_SECONDS
from tests.support.combinations import EVERYTHING
from tests.support.product import ROOT, Product, acting
from tests.template.wiring import of_type

# What a Task may read of its function; the plays show that it is always there.
ANSWERS = {
    "DescribeTaskFunction": {"decision", "waitSeconds", "progress", "memory"},
    "ShowProgressFunction": {"told", "waitSeconds"},
    "NotifyFunction": {"delivered", "waitSeconds", "waitedSeconds", "since", "memory"},
    "ActOnTaskFunction":
        {"follows", "why", "decision", "waitSeconds", "progress", "wish", "askedTs"},
}  # fmt: skip
SUBSTITUTED = {
    "AWSPartition": "aws", "DeadLetterQueueUrl": "DeadLetterQueue", "Channels": "sns,slack",
}  # fmt: skip
# What no jitter may shorten: a watch outlives a function that fails for half a day.
PATIENT = {"DescribeTask", "Notify"}
LONGEST_DELAY_SECONDS = 300
# What is tried once: the watch goes on without it.
COURTESIES = {"ShowProgress"}


def definitions(product: Product) -> dict[str, dict[str, Any]]:
    return {"WatchTask": product.definition, "ActOnTask": acting().definition}


def the_graphs_are_sound(product: Product) -> Iterator[str]:
    """EXPRESS ends after five minutes, may run twice under one name, and can't be looked at."""
    stack = product.whole(EVERYTHING)
    for name, definition in definitions(product).items():
        yield from Linter.validate(definition, Config(["URI", "FLOAT"], False, False))
        if "TimeoutSeconds" in definition:
            yield f"{name}: its own TimeoutSeconds can't be caught, it would be silence"
        kind = stack[f"{name}StateMachine"]["Properties"].get("StateMachineType", "STANDARD")
        if kind != "STANDARD":
            yield f"{name} is of type {kind}"


def substitutions_fit(product: Product) -> Iterator[str]:
    """Every `${name}` is given, every given name is used, and each is what it says."""
    stack = product.whole(EVERYTHING)
    for machine, definition in definitions(product).items():
        given = stack[f"{machine}StateMachine"]["Properties"].get("DefinitionSubstitutions", {})
        used = set(re.findall(r"\$\{(\w+)\}", str(definition)))
        for name in used ^ set(given):
            yield f"${{{name}}} is {'not given' if name in used else 'given, but not used'}"
        for name, value in given.items():
            if value != SUBSTITUTED.get(name, f"{name.removesuffix('Arn')}.Arn"):
                yield f"{name} is {value}"
    [alone] = of_type(product.stack(), "AWS::StepFunctions::StateMachine").values()
    if (channels := alone["DefinitionSubstitutions"].get("Channels", "sns")) != "sns":
        yield f"without Slack the channels are {channels}"


def tasks_fail_safely(product: Product) -> Iterator[str]:
    """Every Task has an end, tries again, and catches all; what comes last in a list is for all."""
    raised = _raised()
    for name, state in _tasks(product):
        if "TimeoutSeconds" not in state:
            yield f"{name} has no TimeoutSeconds: it may hang"
        for field in ("Retry", "Catch"):
            if field == "Retry" and name in COURTESIES:
                continue
            rules = state.get(field) or [{"ErrorEquals": []}]
            if rules[-1]["ErrorEquals"] != ["States.ALL"]:
                yield f"{name}: the last {field} is not for States.ALL"
            for error in (error for rule in rules[:-1] for error in rule["ErrorEquals"]):
                if error not in raised:  # it is matched as text: misspelled, it would match nothing
                    yield f"{name}: nothing raises {error}, or something comes after it"
        for rule in state.get("Retry", []):
            lasts = name in PATIENT and rule["ErrorEquals"] == ["States.ALL"]
            if lasts and not _lasts(rule):
                yield f"{name}: its retries may end before {PATIENCE_SECONDS} s"
            elif not lasts and rule.get("MaxAttempts", 3) and rule.get("JitterStrategy") != "FULL":
                yield f"{name}: a Retry without jitter"


def tasks_outlive_their_functions_and_read_their_answers(product: Product) -> Iterator[str]:
    """A function's own error says more; a missing path is States.Runtime, which none catches."""
    stack = product.whole(EVERYTHING)
    for name, state in _tasks(product):
        if function := re.sub(r"\W|Arn", "", state["Parameters"].get("FunctionName", "")):
            if state.get("TimeoutSeconds", 0) <= stack[function]["Properties"]["Timeout"]:
                yield f"{name} ends before {function} does"
            read = set(re.findall(r"\$\.Payload\.(\w+)", str(state.get("ResultSelector"))))
            for missing in read - ANSWERS[function]:
                yield f"{name} reads {missing}, which {function} does not answer"


def states(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """All states, those inside a Map among them."""
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def _tasks(product: Product) -> Iterator[tuple[str, dict[str, Any]]]:
    for definition in definitions(product).values():
        yield from ((name, each) for name, each in states(definition) if each["Type"] == "Task")


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


def _raised() -> set[str]:
    """What our own code defines, and what starting an execution of a name that is used answers."""
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "functions").rglob("*.py"))
    classes = {name for text in sources for name in re.findall(r"^class (\w+)", text, re.MULTILINE)}
    return classes | {"StepFunctions.ExecutionAlreadyExistsException"}
