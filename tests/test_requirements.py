"""What is imported is named in our own requirements, and not only brought in by others."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = {"bench", "embedded", "local", "mitigation", "ops", "tests"}


def named(file: str) -> set[str]:
    """The distributions of a .in file and of those that it includes, as pip spells them."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    found = {normal(re.split(r"[\[=<>~ ;#]", line)[0]) for line in lines if line[:1].isalpha()}
    included = [line.split()[1] for line in lines if line.startswith("-r ")]
    return found.union(*map(named, included))


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported(*folders: str) -> set[str]:
    """Top-level modules of other people's."""
    found = set()
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    found |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    found.add(node.module.partition(".")[0])
    types = {name for name in found if name.startswith("mypy_boto3_")}  # boto3-stubs' extras
    handlers = {path.stem for path in (ROOT / "functions").glob("*.py")}
    return found - types - handlers - OURS - sys.stdlib_module_names


@pytest.mark.parametrize(
    ("file", "folders", "given"),
    [
        ("requirements-dev.in", ("bench", "embedded", "local", "ops", "tests"), set()),
        ("functions/requirements.in", ("functions",), {"boto3", "botocore"}),  # by the runtime
    ],
)
def test_all_that_is_imported_is_named(
    file: str, folders: tuple[str, ...], given: set[str]
) -> None:
    distributions = packages_distributions()
    missing = {
        module
        for module in imported(*folders) - given
        if not {normal(name) for name in distributions.get(module, [])} & named(file)
    }
    assert missing == set()
