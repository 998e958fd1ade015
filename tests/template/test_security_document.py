"""What docs/security.md says beside its tables, which two gates compare."""

import json
import re

from tests.support.product import ROOT, Product
from tests.template.access import DOCUMENT

TEXT = DOCUMENT.read_text(encoding="utf-8")


def test_the_tests_that_it_names_are_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)
    assert len(named) > 10
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).is_file() or f"def {name}(" not in (ROOT / path).read_text("utf-8")
    ]
    assert missing == []


def test_the_policy_for_a_key_of_ones_own_is_that_of_the_stack_s_key(product: Product) -> None:
    [policy] = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
    _, *services = product.stack()["Key"]["Properties"]["KeyPolicy"]["Statement"]
    assert json.loads(policy) == services
