"""What a cold start of the built functions may cost: counted, so a busy machine is no excuse."""

from collections.abc import Iterator

import pytest

from bench import inputs
from bench.artifact import Bench, link_runtime, valgrind
from bench.functions import cold_starts, invocations, loaded
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


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    runtime = link_runtime(tmp_path_factory.mktemp("lambda") / "runtime")
    with inputs.loopback(
        tmp_path_factory.mktemp("slack"), {"running": (inputs.running(), [])}
    ) as aws:
        yield Bench(built_project() / BUILT / "NotifyFunction", runtime, aws)


@pytest.mark.skipif(valgrind() is None, reason="there is no valgrind; bytecode is counted instead")
def test_instructions_stay_within_their_budgets(bench: Bench) -> None:
    asked, found = invocations(), cold_starts(bench)
    assert {name: ratio for name, ratio in found.items() if ratio > asked[name][2]} == {}


def test_bytecode_stays_within_its_budgets_and_nothing_heavy_is_imported(bench: Bench) -> None:
    """The largest modules that the floor has not are to blame."""
    found = loaded(bench)
    assert found.keys() == BYTECODE.keys()
    for name, modules in found.items():
        worst = sorted(modules.items(), key=lambda item: -item[1])[:10]
        assert 0.8 * BYTECODE[name] < sum(modules.values()) <= BYTECODE[name], (name, worst)
        assert {one.split(".")[0] for one in modules} & FORBIDDEN == set()
