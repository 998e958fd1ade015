"""What a mend rests on is asserted before it is applied."""

import inspect
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

MENDED_VERSION = "1.5.33"


class MendFailed(Exception):  # noqa: N818  reads as what happened
    """ministack is not what a mend was written for; one line says what moved."""


def expect_version() -> None:
    if (found := version("ministack")) != MENDED_VERSION:
        raise MendFailed(
            f"embedded/mends was written for ministack {MENDED_VERSION}, but {found} is installed: "
            "run `make setup`, or check each mend and change MENDED_VERSION"
        )


def find(module: Any, name: str, *parameters: str) -> Callable[..., Any]:
    """The module's function of that name, which must take exactly these parameters."""
    where = f"{module.__name__.removeprefix('ministack.')}.{name}"
    function: Callable[..., Any] | None = getattr(module, name, None)
    expect(function is not None, where, "a function")
    assert function is not None  # noqa: S101  for mypy: expect has raised otherwise
    found = tuple(inspect.signature(function).parameters)
    expect(found == parameters, where, f"parameters {', '.join(parameters)}")
    return function


def expect(holds: bool, where: str, what: str) -> None:
    if not holds:
        raise MendFailed(
            f"embedded/mends no longer fits ministack {version('ministack')}: "
            f"{where} is not as expected ({what})"
        )
