"""What ministack does otherwise than AWS, mended from outside, in the engine's own process.

Each mend first asserts what it rests on, so an upgrade that moves it fails with one clear line
instead of a run that quietly proves nothing. ministack's modules are `Any` here: no type knows
what is set from outside.
"""

from collections.abc import Callable
from functools import partial
from importlib import import_module

from embedded.clock import Clock
from embedded.mends import accounts, events, functions, resources, sns, stacks, states
from embedded.mends.check import expect_version
from embedded.records import Recorder


def apply(recorder: Recorder, clock: Clock) -> None:
    """Mend everything; raises MendFailed."""
    expect_version()
    for mend, modules in all_mends(recorder, clock):
        mend(*(import_module(f"ministack.{name}") for name in modules.split()))


def all_mends(recorder: Recorder, clock: Clock) -> list[tuple[Callable[..., None], str]]:
    """Each with the names of the modules that it takes."""
    waits = partial(states.shorten_waits, recorder=recorder, clock=clock)
    formation = "services.cloudformation"
    return [
        (resources.take_what_is_for_people, f"{formation}.provisioners"),
        (functions.name_handler_errors, "core.lambda_runtime services.lambda_svc"),
        (functions.retry_functions, "services.eventbridge services.lambda_svc"),
        (events.allow_aws_events, "services.eventbridge"),
        (events.pretend_tls, "core.iam_evaluator app"),
        (accounts.name_principals, "core.iam_evaluator"),
        (accounts.keep_bus_policies, f"services.eventbridge {formation}.provisioners"),
        (
            accounts.hop_between_buses,
            "services.eventbridge core.iam_evaluator services.iam core.responses",
        ),
        (partial(sns.catch_sns, recorder=recorder), "services.sns"),
        (waits, "services.stepfunctions"),
        (states.record_map_states, "services.stepfunctions"),
        (states.name_used_names, "services.stepfunctions"),
        (stacks.transform_nested, f"{formation}.engine"),
        (stacks.name_nested_templates, f"{formation}.handlers"),
    ]
