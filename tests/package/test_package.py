"""What `sam build` makes: that all a function needs is in its package, and nothing else."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.artifact import link_runtime
from tests.support.combinations import EVERYTHING
from tests.support.product import OUR_OWN, ROOT, product, variables
from tests.support.sam import BUILT, built_project
from tests.template.wiring import OF_LAMBDA, functions

pytestmark = pytest.mark.acceptance

FUNCTIONS = ROOT / "functions"
LARGEST_ZIP = 2_000_000  # bytes: what a cold start has to fetch and unpack
UNCHECKED_HASH = 0b01  # PEP 552: the flags of a .pyc that is used whatever its source's date
PACKAGES = {"aws_lambda_powertools", "jmespath", "slack_sdk", "typing_extensions.py", "tzdata"}


@pytest.fixture(scope="module")
def package() -> Path:
    return built_project() / BUILT / "NotifyFunction"


def files_of(folder: Path) -> dict[Path, bytes]:
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_every_function_gets_the_same_package(package: Path) -> None:
    """So that it is uploaded once."""
    folders = {path.parent for path in (built_project() / BUILT).glob("**/notify.py")}
    assert {path.name for path in folders} == set(functions(product().whole(EVERYTHING)))
    assert [path for path in folders if files_of(path) != files_of(package)] == []


def test_all_our_code_is_in_it_and_its_requirements_and_nothing_else(package: Path) -> None:
    found = {p.name for p in package.iterdir() if not p.name.endswith(".dist-info")}
    assert found == OUR_OWN | PACKAGES | {"__pycache__"}
    files = {path: content for path, content in files_of(package).items() if path.suffix != ".pyc"}
    ours = {path.relative_to(FUNCTIONS): path.read_bytes() for path in FUNCTIONS.rglob("*.py")}
    assert {path: files[path] for path in files if path.parts[0] in OUR_OWN} == ours
    assert [path for path in files if path.suffix in {".so", ".pyd", ".dylib"}] == []


def test_requirements_are_there_in_the_pinned_versions_with_their_licenses(package: Path) -> None:
    lock_file = (FUNCTIONS / "requirements.txt").read_text(encoding="utf-8")
    pinned = re.findall(r"^([\w-]+)==(\S+)", lock_file, re.MULTILINE)
    names = {f"{name.replace('-', '_')}-{version}.dist-info" for name, version in pinned}
    assert {path.name for path in package.glob("*.dist-info")} == names
    assert [name for name in names if not [*(package / name).rglob("LICENSE*")]] == []


def test_it_is_small(package: Path, tmp_path: Path) -> None:
    size = Path(shutil.make_archive(str(tmp_path / "package"), "zip", package)).stat().st_size
    assert size <= LARGEST_ZIP


def test_every_module_has_bytecode_that_no_date_can_outdate(package: Path) -> None:
    """SAM dates each file 1980: other bytecode would be compiled anew at each cold start."""
    files = files_of(package)
    sources = {importlib.util.cache_from_source(str(p)): p for p in files if p.suffix == ".py"}
    assert {str(path) for path in files if path.suffix == ".pyc"} == set(sources)
    kind = importlib.util.MAGIC_NUMBER + UNCHECKED_HASH.to_bytes(4, "little")
    for bytecode, source in sources.items():
        head = kind + importlib.util.source_hash(files[source])
        assert files[Path(bytecode)][:16] == head, source


def test_nothing_that_our_modules_import_is_missing(package: Path, tmp_path: Path) -> None:
    """In a new Python, which finds only package and runtime: the makefile leaves much out."""
    runtime = link_runtime(tmp_path / "runtime")
    stack = product().whole(EVERYTHING)
    environment = OF_LAMBDA | {"PYTHONPATH": f"{package}:{runtime}"}
    for name in functions(stack):
        environment |= variables(stack, name)
    paths = (path.relative_to(FUNCTIONS) for path in FUNCTIONS.rglob("*.py"))
    modules = [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths]
    code = f"import {', '.join(modules)}"
    command = [sys.executable, "-S", "-c", code]  # -S: no site-packages
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
