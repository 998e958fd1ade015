"""What no engine can prove about the template, the definition and the roles."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.product import ROOT, Product
from tests.template.gates import GATES


@pytest.mark.parametrize("gate", GATES)
def test_the_product_passes(gate: str, product: Product) -> None:
    assert list(GATES[gate](product)) == []


@pytest.mark.parametrize("name", ["template.yaml", "member.yaml"])
def test_a_template_as_it_stands_is_clean_to_cfn_lint(name: str) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--include-checks", "I", "--", ROOT / name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")
