"""What no engine can prove about the template, the definition and the roles.

A gate takes the product and names what is wrong; mistakes are planted to try the gates themselves.
"""

import inspect
import json
from collections.abc import Callable, Iterator
from itertools import islice

import pytest
from cfnlint.api import ManualArgs, lint

from tests.support.product import REGION, Product, acting
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
    for template in (product.translated, product.amazon_q, acting().translated):
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


def test_the_linter_alone_catches_what_no_other_gate_looks_for(product: Product) -> None:
    typo = next(m for m in MISTAKES if m.what == "a property that does not exist")
    assert any("MessageRetention" in said for said in cfn_lint(typo.plant(product)))
