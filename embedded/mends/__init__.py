"""What ministack does otherwise than AWS, mended from outside, in the engine's own process.

Each mend first asserts what it rests on, so an upgrade that moves it fails with one clear line
instead of a run that quietly proves nothing. ministack's modules are `Any` here: no type knows
what is set from outside.
"""

from embedded.clock import Clock
from embedded.mends import accounts, events, functions, resources, sns, stacks, states
from embedded.mends.check import expect_version
from embedded.records import Recorder


def apply(recorder: Recorder, clock: Clock) -> None:
    """Mend everything; raises MendFailed."""
    expect_version()
    import ministack.app
    from ministack.core import iam_evaluator, lambda_runtime, responses
    from ministack.services import eventbridge, iam, lambda_svc, stepfunctions
    from ministack.services import sns as sns_service
    from ministack.services.cloudformation import engine as cloudformation
    from ministack.services.cloudformation import handlers, provisioners

    resources.take_what_is_for_people(provisioners)
    functions.name_handler_errors(lambda_runtime, lambda_svc)
    functions.retry_functions(eventbridge, lambda_svc)
    events.allow_aws_events(eventbridge)
    events.pretend_tls(iam_evaluator, ministack.app)
    accounts.name_principals(iam_evaluator)
    accounts.keep_bus_policies(eventbridge, provisioners)
    accounts.hop_between_buses(eventbridge, iam_evaluator, iam, responses)
    sns.catch_sns(sns_service, recorder)
    states.shorten_waits(stepfunctions, recorder, clock)
    states.record_map_states(stepfunctions)
    states.name_used_names(stepfunctions)
    stacks.transform_nested(cloudformation)
    stacks.name_nested_templates(handlers)
