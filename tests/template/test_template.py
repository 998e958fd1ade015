"""What no engine can prove of the product: gates check it, and planted mistakes try the gates."""

import inspect
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from cfnlint.api import ManualArgs, lint

from tests.support.combinations import BOTH
from tests.support.product import MEMBER, REGION, ROOT, Product, acting, product
from tests.template import access, inputs, operations, wiring
from tests.template.mistakes import MISTAKES, plant
from tests.template.wiring import Checks, wrong

type Gate = Callable[[Product], Checks]


def cfn_lint(product: Product) -> Checks:
    """Without suppressions, on what the transform makes, with the definition as an object."""
    options = ManualArgs(regions=[REGION], include_checks=["I"])
    for template in (product.translated, product.amazon_q, acting().translated, MEMBER):
        text = json.dumps(template).replace("${AWSPartition}", "aws")
        for match in lint(text, config=options):
            yield f"{match.rule.id} at {match.path}", match.message, None


# Each public function of theirs that takes a product; at last the linter, which is slow.
GATES: list[Gate] = [
    gate
    for module in (wiring, inputs, access, operations)
    for name, gate in inspect.getmembers(module, inspect.isgeneratorfunction)
    if gate.__module__ == module.__name__ and not name.startswith("_")
    if [*inspect.signature(gate).parameters] == ["product"]
]
GATES.append(cfn_lint)


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.__name__)
def test_the_product_passes(gate: Gate) -> None:
    assert list(wrong(gate(product()))) == []


def notices(gate: Gate, product: Product) -> bool:
    """Also by not being able to read it."""
    try:
        return any(wrong(gate(product)))
    except (LookupError, TypeError, ValueError):
        return True


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake[0])
def test_a_planted_mistake_is_caught(mistake: tuple[str, str, Any]) -> None:
    planted = plant(product(), *mistake[1:])
    assert any(notices(gate, planted) for gate in GATES)


def test_the_tests_that_the_page_on_security_names_are_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", access.PAGE)
    assert len(named) > 10
    for path, name in named:
        assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), path


def test_the_policy_for_a_key_of_ones_own_is_that_of_the_stack_s_key() -> None:
    [policy] = re.findall(r"```json\n(.*?)```", access.PAGE, re.DOTALL)
    _, *services = product().stack()["Key"]["Properties"]["KeyPolicy"]["Statement"]
    assert json.loads(policy) == services


def test_the_readme_counts_the_alarms() -> None:
    number = len(operations.alarms(product().stack(BOTH)))
    assert f"{number} alarms (${number / 10:.2f})" in (ROOT / "README.md").read_text("utf-8")


def test_the_functions_count_what_is_read() -> None:
    counted = {*re.findall(r'(?:add_metric\(f?|\((?="Actions\w))"(\w+)', wiring.CODE)}
    results = {name for name in operations.COUNTED if name.startswith("Deliveries")}
    assert counted == operations.COUNTED.keys() - results | {"Deliveries"}
    assert all(f'"{name.removeprefix("Deliveries")}"' in wiring.CODE for name in results)
