"""What no engine can prove about the template, the definition and the roles.

A gate takes the product and names what is wrong; mistakes are planted to try the gates themselves.
"""

import inspect
import json
import re
from collections.abc import Callable, Iterator
from itertools import islice

import pytest
from cfnlint.api import ManualArgs, lint

from tests.support.combinations import BOTH
from tests.support.product import MEMBER, REGION, ROOT, Product, acting
from tests.template import (
    access,
    alarms,
    buttons,
    graph,
    operations,
    settings,
    triggers,
    wiring,
)
from tests.template.mistakes import MISTAKES, Mistake

type Gate = Callable[[Product], Iterator[str]]

PAGE = access.DOCUMENT.read_text(encoding="utf-8")
MODULES = (wiring, triggers, graph, access, operations, alarms, buttons, settings)
# Each public function of theirs that takes a product and nothing else.
GATES: dict[str, Gate] = {
    name: gate
    for module in MODULES
    for name, gate in inspect.getmembers(module, inspect.isgeneratorfunction)
    if gate.__module__ == module.__name__ and not name.startswith("_")
    if [*inspect.signature(gate).parameters] == ["product"]
}


def cfn_lint(product: Product) -> Iterator[str]:
    """Without suppressions, on what the transform makes, with the definition as an object."""
    options = ManualArgs(regions=[REGION], include_checks=["I"])
    for template in (product.translated, product.amazon_q, acting().translated, MEMBER):
        text = json.dumps(template).replace("${AWSPartition}", "aws")
        for match in lint(text, config=options):
            yield f"{match.rule.id} {'/'.join(map(str, match.path or []))}: {match.message}"


@pytest.fixture(scope="session")
def product() -> Product:
    return Product.load()


@pytest.mark.parametrize("gate", [*GATES.values(), cfn_lint], ids=lambda gate: gate.__name__)
def test_the_product_passes(gate: Gate, product: Product) -> None:
    assert list(gate(product)) == []


def first_catch(product: Product) -> str | None:
    """What a gate says that sees what is wrong, at last the linter, which is slow.

    Where none says it, one that can't even read the product.
    """
    unreadable = None
    for gate in (*GATES.values(), cfn_lint):
        try:
            for said in islice(gate(product), 1):
                return said
        except (LookupError, TypeError, ValueError) as error:
            unreadable = f"{gate.__name__}: {error!r}"
    return unreadable


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.what)
def test_a_planted_mistake_is_caught(mistake: Mistake, product: Product) -> None:
    assert first_catch(mistake.plant(product))


def test_the_tests_that_the_page_on_security_names_are_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert len(named) > 10
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).is_file() or f"def {name}(" not in (ROOT / path).read_text("utf-8")
    ]
    assert missing == []


def test_the_policy_for_a_key_of_ones_own_is_that_of_the_stack_s_key(product: Product) -> None:
    [policy] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    _, *services = product.stack()["Key"]["Properties"]["KeyPolicy"]["Statement"]
    assert json.loads(policy) == services


def test_the_readme_counts_the_alarms(product: Product) -> None:
    number = len(alarms.alarms(product.stack(BOTH)))
    assert f"{number} alarms (${number / 10:.2f})" in (ROOT / "README.md").read_text("utf-8")


def test_the_functions_count_what_is_read() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "functions").glob("*.py"))
    counted = set(re.findall(r'add_metric\(f?"(\w+)', source))
    counted |= set(re.findall(r'\("(Actions\w+)', source))
    results = {name for name in alarms.COUNTED if name.startswith("Deliveries")}
    assert counted == alarms.COUNTED.keys() - results | {"Deliveries"}
    assert all(f'"{name.removeprefix("Deliveries")}"' in source for name in results)
