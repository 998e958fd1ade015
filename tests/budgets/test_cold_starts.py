"""What a cold start of the built functions may cost: counted, so a busy machine is no excuse."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench import inputs
from bench.artifact import Bench, link_runtime
from bench.functions import BUDGETS, invocations, loaded
from bench.loopback import loopback
from bench.measure import Child, compare, valgrind
from tests.support.sam import BUILT, built_project

pytestmark = pytest.mark.acceptance

# Each would be an eighth to a third of a cold start more.
FORBIDDEN = {"pydantic", "requests", "aws_xray_sdk"}
# The bytecode that an invocation may load beyond the floor's, in bytes: a tenth more than it does.
# It is counted everywhere; where there is no valgrind it stands in for instructions.
BYTECODE = {
    "describe_task: the task runs": 590_000,
    "start_watch: an event": 570_000,
    "notify: SNS": 2_250_000,
    "notify: Slack": 2_250_000,
    "notify: a Slack app": 2_400_000,
    "show_progress: a head": 2_400_000,
    "receive_click: a click": 530_000,
}

# Under valgrind, which takes its time: one of each function, and of notify's the dearer one.
COUNTED = BUDGETS.keys() - {"notify: SNS"}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    runtime = link_runtime(tmp_path_factory.mktemp("lambda") / "runtime")
    with loopback(tmp_path_factory.mktemp("slack"), {"running": (inputs.running(), [])}) as aws:
        yield Bench(built_project() / BUILT / "NotifyFunction", runtime, aws)


def over_bytecode(found: dict[str, dict[str, int]]) -> dict[str, str]:
    """The invocations that load too much, each with the modules that are to blame."""
    return {
        name: blame(modules)
        for name, modules in found.items()
        if sum(modules.values()) > BYTECODE[name]
    }


def blame(modules: dict[str, int]) -> str:
    """The largest modules that the floor has not."""
    worst = sorted(modules.items(), key=lambda item: -item[1])[:10]
    largest = ", ".join(f"{one} ({size:,})" for one, size in worst)
    return f"{sum(modules.values()):,} bytes of bytecode: {largest} …"


def forbidden(found: dict[str, dict[str, int]]) -> set[str]:
    return {one for modules in found.values() for one in modules if one.split(".")[0] in FORBIDDEN}


@pytest.mark.skipif(valgrind() is None, reason="there is no valgrind; bytecode is counted instead")
def test_instructions_stay_within_their_budgets(bench: Bench) -> None:
    over = {
        name: f"{ratio:.3f} is more than {BUDGETS[name]:.2f} times the floor: "
        + blame(loaded(bench)[name])
        for name, ratio in counted(bench).items()
        if ratio > BUDGETS[name]
    }
    assert over == {}


def counted(bench: Bench) -> dict[str, float]:
    children: dict[str, Child] = {}
    for name in COUNTED:
        module, event = invocations()[name]
        children[name] = bench.child(module, event=event, collect=False)
    return compare(bench.child(None, collect=False), children, seeds=("1",))


def test_bytecode_stays_within_its_budgets(bench: Bench) -> None:
    found = loaded(bench)
    assert set(found) == set(BYTECODE) == set(BUDGETS)
    assert over_bytecode(found) == {}
    assert all(sum(found[name].values()) > 0.8 * BYTECODE[name] for name in BYTECODE)


def test_nothing_heavy_is_imported(bench: Bench) -> None:
    assert forbidden(loaded(bench)) == set()


def test_a_module_that_breaks_a_budget_is_named(bench: Bench, tmp_path: Path) -> None:
    """An import too many in describe_task, and the X-Ray SDK by another name than its own."""
    package = tmp_path / "package"
    shutil.copytree(bench.package, package)
    for cached in package.glob("__pycache__/describe_task.*"):
        cached.unlink()  # it would be believed, whatever the source says
    handler = package / "describe_task.py"
    heavy = "import slack_sdk.web.client\nimport aws_xray_sdk\n"
    source = handler.read_text(encoding="utf-8")
    handler.write_text(source.replace("import os\n", f"import os\n{heavy}", 1))
    (package / "aws_xray_sdk.py").write_text("")
    found = loaded(replace(bench, package=package))
    over = over_bytecode(found)
    assert set(over) == {"describe_task: the task runs"}
    assert "slack_sdk.web.client" in over["describe_task: the task runs"]
    assert forbidden(found) == {"aws_xray_sdk"}
