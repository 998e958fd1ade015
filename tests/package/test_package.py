"""What `sam build` makes: that all a function needs is in its package, and nothing else."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bench.artifact import RUNTIME, link_runtime
from tests.support.combinations import APP
from tests.support.product import ACTING, OUR_OWN, ROOT, Product
from tests.support.sam import BUILT, built_project
from tests.template.wiring import functions, variables

pytestmark = pytest.mark.acceptance

FUNCTIONS = ROOT / "functions"
LARGEST_ZIP = 2_000_000  # bytes: what a cold start has to fetch and unpack
SAM_DATE = (1980, 1, 1, 0, 0, 0)
UNCHECKED_HASH = 0b01  # PEP 552: the flags of a .pyc that is used whatever its source's date
PACKAGES = {"aws_lambda_powertools", "jmespath", "slack_sdk", "typing_extensions.py", "tzdata"}

COUNT_COMPILATIONS = """
import importlib, importlib.machinery, json, pkgutil, sys
package, runtime, *modules = json.load(sys.stdin)
sys.path[:0] = [package]
sys.path.append(runtime)
compiled = []
compile_source = importlib.machinery.SourceFileLoader.source_to_code
def count(self, data, path, **options):
    compiled.append(str(path))
    return compile_source(self, data, path, **options)
importlib.machinery.SourceFileLoader.source_to_code = count
for name in modules:
    importlib.import_module(name)
import mitigation
for module in pkgutil.walk_packages(mitigation.__path__, "mitigation."):
    importlib.import_module(module.name)
loaded = [m.__file__ for m in list(sys.modules.values()) if getattr(m, "__file__", None)]
json.dump({
    "compiled": [path for path in compiled if path.startswith(package)],
    "loaded": [path for path in loaded if path.startswith(package)],
}, sys.stdout)
"""


@pytest.fixture(scope="module")
def folders() -> dict[str, Path]:
    """Each function's built folder."""
    build = built_project() / BUILT
    return {path.parent.name: path.parent for path in build.glob("**/notify.py")}


@pytest.fixture(scope="module")
def package(folders: dict[str, Path]) -> Path:
    return folders["NotifyFunction"]


@pytest.fixture
def unpacked(package: Path, tmp_path: Path) -> Path:
    """The package as it is in /var/task: through a zip, in which SAM dates every file 1980."""
    unpacked = tmp_path / "task"
    with zipfile.ZipFile(zipped(package, tmp_path)) as archive:
        archive.extractall(unpacked)
    for path in unpacked.rglob("*"):
        os.utime(path, (0, 0))
    return unpacked


def zipped(folder: Path, where: Path) -> Path:
    with zipfile.ZipFile(where / "package.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                info = zipfile.ZipInfo(str(path.relative_to(folder)), SAM_DATE)
                archive.writestr(info, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return where / "package.zip"


def files_of(folder: Path) -> dict[Path, bytes]:
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_every_function_gets_the_same_package(folders: dict[str, Path]) -> None:
    """So that it is uploaded once."""
    nested = functions(Product.load(ACTING).translated["Resources"])
    assert set(folders) == {*functions(Product.load().stack(APP)), *nested}
    first, *others = (files_of(folder) for folder in folders.values())
    assert all(other == first for other in others)


def test_only_our_code_and_its_requirements_are_in_it(package: Path) -> None:
    found = {p.name for p in package.iterdir() if not p.name.endswith(".dist-info")}
    assert found == OUR_OWN | PACKAGES | {"__pycache__"}


def test_our_code_is_in_it_whole_and_without_anything_else(package: Path) -> None:
    ours = {path.relative_to(FUNCTIONS): path.read_bytes() for path in FUNCTIONS.rglob("*.py")}
    shipped = {
        path: content
        for path, content in files_of(package).items()
        if path.parts[0] in OUR_OWN and path.suffix != ".pyc"
    }
    assert shipped == ours


def test_requirements_are_there_in_the_pinned_versions_with_their_licenses(package: Path) -> None:
    lock_file = (FUNCTIONS / "requirements.txt").read_text(encoding="utf-8")
    pinned = re.findall(r"^([\w-]+)==(\S+)", lock_file, re.MULTILINE)
    names = {f"{name.replace('-', '_')}-{version}.dist-info" for name, version in pinned}
    assert {path.name for path in package.glob("*.dist-info")} == names
    assert all(list((package / name).rglob("LICENSE*")) for name in names)


def test_it_runs_on_any_processor(package: Path) -> None:
    native = [path for path in files_of(package) if path.suffix in {".so", ".pyd", ".dylib"}]
    assert native == []


def test_no_tests_and_nothing_that_the_runtime_brings(package: Path) -> None:
    names = {part for path in files_of(package) for part in path.parts}
    assert not names & {"test", "tests", "conftest.py", *(set(RUNTIME) - PACKAGES)}


def test_it_is_small(package: Path, tmp_path: Path) -> None:
    size = zipped(package, tmp_path).stat().st_size
    print(f"package: {size:,} bytes zipped")  # noqa: T201  shown with -rP
    assert size <= LARGEST_ZIP


def test_every_module_has_bytecode_that_no_date_can_outdate(package: Path) -> None:
    files = files_of(package)
    sources = {path for path in files if path.suffix == ".py"}
    bytecode = {path for path in files if path.suffix == ".pyc"}
    expected = {Path(importlib.util.cache_from_source(str(path))) for path in sources}
    assert bytecode == expected
    for path in bytecode:
        assert files[path][:4] == importlib.util.MAGIC_NUMBER, path
        assert int.from_bytes(files[path][4:8], "little") == UNCHECKED_HASH, path
        hash_of_source = importlib.util.source_hash(files[source_of(path)])
        assert files[path][8:16] == hash_of_source, path


def source_of(bytecode: Path) -> Path:
    return Path(importlib.util.source_from_cache(str(bytecode)))


def test_nothing_is_compiled_at_a_cold_start(unpacked: Path, tmp_path: Path) -> None:
    told = start_cold(unpacked, tmp_path)
    assert told["compiled"] == []
    assert len(told["loaded"]) > 50


def test_without_its_bytecode_everything_would_be(unpacked: Path, tmp_path: Path) -> None:
    for folder in list(unpacked.rglob("__pycache__")):
        shutil.rmtree(folder)
    told = start_cold(unpacked, tmp_path)
    assert sorted(told["compiled"]) == sorted(told["loaded"])
    assert len(told["compiled"]) > 50


def start_cold(package: Path, where: Path) -> dict[str, list[str]]:
    """Import every module of ours in a new Python, which finds only the package and the runtime."""
    runtime = link_runtime(where / "runtime")
    environment = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), "eu-west-1")
    stack = Product.load().stack()
    for name in functions(stack):
        environment |= variables(stack, name)
    modules = [stack[name]["Properties"]["Handler"].partition(".")[0] for name in functions(stack)]
    done = subprocess.run(
        # -S: without site-packages; -B: it may not mend what it is to count
        [sys.executable, "-S", "-B", "-c", COUNT_COMPILATIONS],
        input=json.dumps([str(package), str(runtime), *modules]),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, list[str]] = json.loads(done.stdout)
    return told
