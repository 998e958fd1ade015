"""Times and names that have to fit together, though nothing but these gates looks at both."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from ops import invoke, queue
from tests.support.combinations import COMBINATIONS
from tests.support.product import PSEUDO_PARAMETERS, REGION, Product
from tests.template.wiring import all_probed, of_type

# Each queue of failures, and the function that a replay hands what lies there.
REPLAYED_BY = {"DeadLetterQueue": "NotifyFunction", "StartFailuresQueue": "StartWatchFunction"}
DEFAULT_VISIBILITY_SECONDS = 30  # Amazon SQS
LONGEST_ALARM_SECONDS = 24 * 3600  # CloudWatch, of all periods that are looked at


def functions_outlive_their_calls(product: Product) -> Iterator[str]:
    """A function that ends before its own client gives up can't say what was the matter."""
    for combination, parameters in COMBINATIONS.items():
        stack = product.stack(parameters)
        for name, probed in all_probed(stack):
            ends, call = stack[name]["Properties"]["Timeout"], probed.slowest_call_seconds
            if ends <= call:
                yield f"{combination}: {name} ends after {ends} s, a call of its after {call} s"


def machines_remember(product: Product) -> Iterator[str]:
    """EXPRESS ends after five minutes, may run twice under one name, and can't be looked at."""
    for name, machine in of_type(product.stack(), "AWS::StepFunctions::StateMachine").items():
        if (kind := machine.get("StateMachineType", "STANDARD")) != "STANDARD":
            yield f"{name} is of type {kind}"


def letters_are_in_one_hand(product: Product) -> Iterator[str]:
    """What a replay has in hand is hidden from the next one until the function has answered."""
    stack = product.stack()
    for name, properties in of_type(stack, "AWS::SQS::Queue").items():
        takes = stack[REPLAYED_BY[name]]["Properties"]["Timeout"]
        hides = properties.get("VisibilityTimeout", DEFAULT_VISIBILITY_SECONDS)
        if hides <= takes:
            yield f"{name} hides a message for {hides} s, and its replay takes up to {takes} s"
        if not takes < invoke.ANSWER_SECONDS < queue.HOLD_SECONDS:
            yield f"a replay of {name} does not wait for {REPLAYED_BY[name]}, or not alone"


def ticks_don_t_overlap(product: Product) -> Iterator[str]:
    """Two sweeps at once would ask AWS IoT at twice its rate."""
    shortest = min(filter(None, product.template["Parameters"]["SweepMinutes"]["AllowedValues"]))
    takes = product.stack()["SweepFunction"]["Properties"]["Timeout"]
    if takes >= 60 * shortest:
        yield f"a sweep may take {takes} s, and the next one comes after {60 * shortest} s"


def log_groups_are_the_key_s(product: Product) -> Iterator[str]:
    """CloudWatch Logs may use the key only for groups whose ARN its policy names."""
    stack = product.stack()
    statements = stack["Key"]["Properties"]["KeyPolicy"]["Statement"]
    patterns = [
        pattern
        for statement in statements
        for pattern in statement.get("Condition", {})
        .get("ArnLike", {})
        .get("kms:EncryptionContext:aws:logs:arn", [])
    ]
    account = PSEUDO_PARAMETERS["AWS::AccountId"]
    for name, properties in of_type(stack, "AWS::Logs::LogGroup").items():
        group = properties["LogGroupName"]
        arn = f"arn:aws:logs:{REGION}:{account}:log-group:{group}"
        if not any(fnmatchcase(arn, pattern) for pattern in patterns):
            yield f"{name}: the key's policy does not know {group}"


def log_groups_are_named_for_their_kind(product: Product) -> Iterator[str]:
    """Others would fill up the one log resource policy that an account has for vended logs."""
    stack = product.stack()
    for name, properties in of_type(stack, "AWS::Logs::LogGroup").items():
        group, is_function = properties["LogGroupName"], f"{name[:-8]}Function" in stack
        prefix = "/aws/lambda/" if is_function else "/aws/vendedlogs/"
        if not group.startswith(prefix):
            yield f"{name} is {group}, which does not begin with {prefix}"


def alarms_look_back_a_day_at_most(product: Product) -> Iterator[str]:
    for minutes in product.template["Parameters"]["SweepMinutes"]["AllowedValues"]:
        stack = product.stack({"SweepMinutes": str(minutes)})
        for name, alarm in of_type(stack, "AWS::CloudWatch::Alarm").items():
            seconds = alarm["Period"] * alarm["EvaluationPeriods"]
            if seconds > LONGEST_ALARM_SECONDS:
                yield f"{name} looks at {seconds} s with a sweep every {minutes} minutes"
