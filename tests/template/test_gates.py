"""The gates themselves: each mistake is planted in a copy of the product, and has to be caught."""

from itertools import islice

import pytest

from tests.support.product import Product
from tests.template.conftest import CATCHES
from tests.template.gates import GATES, cfn_lint
from tests.template.mistake import Mistake
from tests.template.mistakes import MISTAKES

QUICK = {name: gate for name, gate in GATES.items() if gate is not cfn_lint}


def first_catch(product: Product) -> tuple[str, str] | None:
    """A gate that sees what is wrong, and what it says.

    Where none says it, one that can't even read the product; then the linter, which is slow.
    """
    unreadable = None
    for name, gate in QUICK.items():
        try:
            for said in islice(gate(product), 1):
                return name, said
        except (LookupError, TypeError, ValueError) as error:
            unreadable = unreadable or (name, f"{type(error).__name__}: {error}")
    if unreadable:
        return unreadable
    return next(((cfn_lint.__name__, said) for said in cfn_lint(product)), None)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.what)
def test_a_planted_mistake_is_caught(
    mistake: Mistake, product: Product, pytestconfig: pytest.Config
) -> None:
    caught = first_catch(mistake.plant(product))
    pytestconfig.stash[CATCHES].append((mistake.what, *(caught or ("", "not caught"))))
    assert caught


def test_the_linter_alone_catches_what_no_other_gate_looks_for(product: Product) -> None:
    typo = next(m for m in MISTAKES if m.what == "a property that does not exist")
    assert any("MessageRetention" in said for said in cfn_lint(typo.plant(product)))


def test_enough_mistakes_are_planted() -> None:
    assert len({mistake.what for mistake in MISTAKES}) == len(MISTAKES) >= 30
