"""What the documents say of the stack beside the tables that a gate compares."""

import json
import re

from tests.support.combinations import BOTH
from tests.support.product import ROOT, Product
from tests.template.access import DOCUMENT
from tests.template.alarms import COUNTED, alarms

TEXT = DOCUMENT.read_text(encoding="utf-8")


def test_the_tests_that_the_page_on_security_names_are_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)
    assert len(named) > 10
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).is_file() or f"def {name}(" not in (ROOT / path).read_text("utf-8")
    ]
    assert missing == []


def test_the_policy_for_a_key_of_ones_own_is_that_of_the_stack_s_key() -> None:
    [policy] = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
    _, *services = Product.load().stack()["Key"]["Properties"]["KeyPolicy"]["Statement"]
    assert json.loads(policy) == services


def test_the_readme_counts_the_alarms() -> None:
    number = len(alarms(Product.load().stack(BOTH)))
    assert f"{number} alarms (${number / 10:.2f})" in (ROOT / "README.md").read_text("utf-8")


def test_the_functions_count_what_is_read() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "functions").glob("*.py"))
    counted = set(re.findall(r'add_metric\(f?"(\w+)', source))
    counted |= set(re.findall(r'\("(Actions\w+)', source))
    results = {name for name in COUNTED if name.startswith("Deliveries")}
    assert counted == COUNTED.keys() - results | {"Deliveries"}
    assert all(f'"{name.removeprefix("Deliveries")}"' in source for name in results)
