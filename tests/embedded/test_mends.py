"""Each mend names what moved when ministack is not what it was written for."""

from collections.abc import Callable, Iterator
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any

import pytest
from ministack.core import lambda_runtime
from ministack.services import eventbridge, lambda_svc

from embedded.clock import Clock
from embedded.mends import all_mends, check, events, functions

NO_RECORDER: Any = None  # the mends only keep it for later


class Copy(ModuleType):
    """A module that can be changed without a change to the real one; it notes what is read."""

    def __init__(self, module: ModuleType) -> None:
        super().__init__(module.__name__)
        self.__dict__.update(vars(module))
        self.__dict__["read"] = set()

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if isinstance(found, FunctionType):
            super().__getattribute__("read").add(name)
        return found


@pytest.fixture(autouse=True)
def unchanged() -> Iterator[None]:
    """A mend that sets an attribute of a function would reach the real module."""
    defaults = eventbridge._put_events.__defaults__
    yield
    eventbridge._put_events.__defaults__ = defaults


@pytest.mark.parametrize(
    ("mend", "names"),
    [
        pytest.param(mend, names, id=getattr(mend, "func", mend).__name__)
        for mend, names in all_mends(NO_RECORDER, Clock(1))
    ],
)
def test_a_mend_fits_this_ministack_and_says_what_moved_in_another(
    mend: Callable[..., None], names: str
) -> None:
    modules = [import_module(f"ministack.{name}") for name in names.split()]
    fitting = [Copy(module) for module in modules]
    mend(*fitting)
    for name in set[str]().union(*(copy.read for copy in fitting)):
        for moved in (None, lambda upgraded: upgraded):
            changed = [Copy(module) for module in modules]
            for module in changed:
                if name in vars(module):
                    setattr(module, name, moved)
            with pytest.raises(
                check.MendFailed, match=f"embedded/mends no longer fits .*{name} is not as expected"
            ):
                mend(*changed)


def test_the_worker_script_must_be_the_one_that_was_read_and_still_compiles() -> None:
    runtime: Any = Copy(lambda_runtime)
    functions.name_handler_errors(runtime, Copy(lambda_svc))
    compile(runtime._PYTHON_WORKER_SCRIPT, "worker", "exec")
    runtime._PYTHON_WORKER_SCRIPT = "pass"
    with pytest.raises(check.MendFailed, match="_PYTHON_WORKER_SCRIPT is not as expected"):
        functions.name_handler_errors(runtime, Copy(lambda_svc))


def test_a_default_that_changed_is_noticed() -> None:
    eventbridge._put_events.__defaults__ = (None,)
    with pytest.raises(check.MendFailed, match="_put_events is not as expected"):
        events.allow_aws_events(eventbridge)


def test_another_version_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    check.expect_version()
    monkeypatch.setattr(check, "MENDED_VERSION", "1.5.32")
    with pytest.raises(check.MendFailed, match=r"written for ministack 1\.5\.32, but 1\.5\.33 is"):
        check.expect_version()
