"""Each mend names what moved when ministack is not what it was written for."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import ministack.app
import pytest
from ministack.core import iam_evaluator, lambda_runtime, responses
from ministack.services import eventbridge, iam, lambda_svc, sns, stepfunctions
from ministack.services.cloudformation import provisioners

from embedded.clock import Clock
from embedded.mends import accounts, check, events, functions, resources, states
from embedded.mends import sns as sns_mend

MENDS: dict[str, tuple[Callable[..., None], list[ModuleType]]] = {
    "errors": (functions.name_handler_errors, [lambda_runtime, lambda_svc]),
    "retries": (functions.retry_functions, [eventbridge, lambda_svc]),
    "events": (events.allow_aws_events, [eventbridge]),
    "tls": (events.pretend_tls, [iam_evaluator, ministack.app]),
    "principals": (accounts.name_principals, [iam_evaluator]),
    "bus policies": (accounts.keep_bus_policies, [eventbridge, provisioners]),
    "hop": (accounts.hop_between_buses, [eventbridge, iam_evaluator, iam, responses]),
    "sns": (lambda module: sns_mend.catch_sns(module, NO_RECORDER), [sns]),
    "waits": (lambda module: states.shorten_waits(module, NO_RECORDER, Clock(1)), [stepfunctions]),
    "resources": (resources.take_what_is_for_people, [provisioners]),
    "map": (states.record_map_states, [stepfunctions]),
}
NO_RECORDER: Any = None  # the mends only keep it for later
RESTS_ON = [
    ("errors", "_execute_function_warm"),
    ("retries", "_dispatch_to_lambda"),
    ("retries", "invoke_async_with_retry"),
    ("retries", "_get_func_record_for_ref"),
    ("retries", "_execution_record_for_config"),
    ("events", "_put_events"),
    ("tls", "pin_request_origin"),
    ("principals", "_resolve_condition_key"),
    ("bus policies", "_eb_event_bus_create"),
    ("bus policies", "_eb_event_bus_update"),
    ("hop", "_dispatch_to_event_bus"),
    ("hop", "_dispatch_event"),
    ("hop", "request_scope"),
    ("hop", "_gather_role_policies"),
    ("hop", "evaluate_resource_policy"),
    ("hop", "_service_principal_matches"),
    ("sns", "publish_internal"),
    ("sns", "_fanout"),
    ("sns", "_resolve_message_for_protocol"),
    ("sns", "_matches_filter_policy"),
    ("sns", "_topic_by_arn_any_scope"),
    ("waits", "_scaled_sleep"),
    ("resources", "_RESOURCE_HANDLERS"),
    ("map", "_add_event"),
    ("map", "_execute_task"),
    ("map", "_execute_wait"),
    ("map", "_execute_pass"),
    ("map", "_execute_choice"),
]


class Copy(ModuleType):
    """A module that can be changed without a change to the real one."""

    def __init__(self, module: ModuleType) -> None:
        super().__init__(module.__name__)
        self.__dict__.update(vars(module))


def copies(name: str) -> tuple[Callable[..., None], list[Any]]:
    mend, modules = MENDS[name]
    return mend, [Copy(module) for module in modules]


@pytest.fixture(autouse=True)
def unchanged() -> Any:
    """A mend that sets an attribute of a function would reach the real module."""
    defaults = eventbridge._put_events.__defaults__
    yield
    eventbridge._put_events.__defaults__ = defaults


@pytest.mark.parametrize("name", MENDS)
def test_each_mend_fits_the_ministack_that_is_installed(name: str) -> None:
    mend, modules = copies(name)
    mend(*modules)


@pytest.mark.parametrize(("name", "function"), RESTS_ON)
@pytest.mark.parametrize("change", ["gone", "other parameters"])
def test_a_mend_says_what_moved(name: str, function: str, change: str) -> None:
    mend, modules = copies(name)
    for module in modules:
        if hasattr(module, function):
            setattr(module, function, None if change == "gone" else lambda upgraded: upgraded)
    with pytest.raises(check.MendFailed, match=f"local/mends no longer fits .*{function} is not"):
        mend(*modules)


def test_the_worker_script_must_be_the_one_that_was_read() -> None:
    mend, [runtime, service] = copies("errors")
    runtime._PYTHON_WORKER_SCRIPT = runtime._PYTHON_WORKER_SCRIPT.replace(
        "except Exception as e", ""
    )
    with pytest.raises(check.MendFailed, match="_PYTHON_WORKER_SCRIPT is not as expected"):
        mend(runtime, service)


def test_the_mended_worker_script_compiles() -> None:
    mend, [runtime, service] = copies("errors")
    mend(runtime, service)
    compile(runtime._PYTHON_WORKER_SCRIPT, "worker", "exec")


def test_a_default_that_changed_is_noticed() -> None:
    eventbridge._put_events.__defaults__ = (None,)
    with pytest.raises(check.MendFailed, match="_put_events is not as expected"):
        events.allow_aws_events(eventbridge)


def test_another_version_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "MENDED_VERSION", "1.5.32")
    with pytest.raises(check.MendFailed, match=r"written for ministack 1\.5\.32, but 1\.5\.33 is"):
        check.expect_version()


def test_the_pin_and_the_mends_are_of_one_version() -> None:
    check.expect_version()
