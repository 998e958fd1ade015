"""The picture of the house in CONTRIBUTING.md is what the code is, and GitHub runs what we do."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FUNCTIONS = ROOT / "functions"
MODULES = [path.relative_to(FUNCTIONS).with_suffix("") for path in FUNCTIONS.rglob("*.py")]
OUR_OWN = {path.parts[0] for path in MODULES}  # the handlers, and mitigation
FOLDERS = ("embedded", "local", "ops", "bench", "tests")
LONGEST_MODULE, LONGEST_TEMPLATE, LONGEST_BENCH = 300, 1_200, 1_200  # lines
# The room of each handler, module and package in functions/, as the picture has it.
ROOMS = {
    module: room
    for room, modules in re.findall(r'^ {8}(\w+)\["[^"]*<br/>(.*)"\]$', PAGE, re.MULTILINE)
    for module in modules.split()
}
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
RUN, RELEASE = WORKFLOW["jobs"]["run"], WORKFLOW["jobs"]["release"]

type Arrows = set[tuple[str, str]]


def drawn() -> Arrows:
    lines = re.findall(r"^ +\w+.* --> .*$", PAGE.partition("```mermaid")[2], re.MULTILINE)
    chains = [re.sub(r'\["[^"]*"\]', "", line).split(" --> ") for line in lines]
    return {(a.strip(), b.strip()) for chain in chains for a, b in pairwise(chain)}


def imported(path: Path) -> Iterator[str]:
    """Names of modules and, where one may be meant, of what is in them."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def between_folders() -> Arrows:
    return {
        (folder, to)
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        for top in (name.partition(".")[0] for name in imported(path))
        for to in ["functions" if top in OUR_OWN else top]
        if to in {*FOLDERS, "functions"} - {folder}
    }


def between_rooms() -> Arrows:
    return {
        (ROOMS[inside(module)], ROOMS[name.split(".")[1]])
        for module in MODULES
        for name in imported(FUNCTIONS / f"{module}.py")
        if name.startswith("mitigation.")
    }


def inside(module: Path) -> str:
    """The handler, or what is at the top of mitigation/."""
    return module.parts[module.parts[0] == "mitigation"]


def test_every_module_has_one_room() -> None:
    assert ROOMS.keys() == {*map(inside, MODULES)} - {"__init__"}


def test_the_picture_is_drawn_as_the_code_imports() -> None:
    """Inside of functions/ not each is drawn: a room may import all that lies further along."""
    assert drawn() - between_rooms() - between_folders() == set()
    assert between_folders() - drawn() == set()


def test_the_ways_lead_along_modules_that_there_are() -> None:
    ways = PAGE.partition("**The way of one task")[2].partition("\n## ")[0]
    there = {module.as_posix().removeprefix("mitigation/") for module in MODULES}
    assert set(re.findall(r"`([\w/]+)\.py`", ways)) <= there


def test_every_module_can_be_read_at_once() -> None:
    folders = [ROOT / name for name in (*FOLDERS, "functions", "scripts")]
    paths = [path for folder in folders for path in folder.rglob("*.py")]
    assert [path for path in paths if lines(path) > LONGEST_MODULE] == []


def test_the_template_and_the_bench_can_be_read_as_a_whole() -> None:
    assert lines(ROOT / "template.yaml") <= LONGEST_TEMPLATE
    assert sum(map(lines, (ROOT / "bench").glob("*.py"))) <= LONGEST_BENCH


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def named(file: str) -> set[str]:
    """The distributions of a .in file and of those that it includes, as pip spells them."""
    rows = (ROOT / file).read_text(encoding="utf-8").splitlines()
    found = {normal(re.split(r"[\[=<>~ ;#]", row)[0]) for row in rows if row[:1].isalpha()}
    return found.union(*(named(row.split()[1]) for row in rows if row.startswith("-r ")))


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize(
    ("file", "folders", "given"),
    [
        ("requirements-dev.in", FOLDERS, set()),
        ("functions/requirements.in", ["functions"], {"boto3", "botocore"}),  # by the runtime
    ],
)
def test_all_that_is_imported_is_named_and_not_only_brought_in_by_others(
    file: str, folders: list[str], given: set[str]
) -> None:
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    tops = {name.partition(".")[0] for path in paths for name in imported(path)}
    stubs = {name for name in tops if name.startswith("mypy_boto3_")}  # boto3-stubs' extras
    distributions = packages_distributions()
    assert [
        module
        for module in tops - given - OUR_OWN - {*FOLDERS} - stubs - sys.stdlib_module_names
        if not {normal(name) for name in distributions.get(module, [])} & named(file)
    ] == []


def test_it_runs_what_everybody_runs_from_pinned_actions_by_a_token_that_can_only_read() -> None:
    assert WORKFLOW["jobs"].keys() == {"run", "release"}
    assert [step.get("run") for step in RUN["steps"]] == [None, ".ci/run"]
    for step in (RUN["steps"][0], RELEASE["steps"][0]):
        assert re.fullmatch(r"actions/checkout@[0-9a-f]{40}", step["uses"])
        assert step["with"] == {"persist-credentials": False}
    assert "permissions" not in RUN
    assert WORKFLOW["permissions"] == {"contents": "read"}


def test_a_tag_is_released_with_what_was_packaged_once_everything_has_passed() -> None:
    assert WORKFLOW[True]["push"] == {"branches": ["main"], "tags": ["v*"]}  # YAML's `on`
    assert RELEASE["if"] == "startsWith(github.ref, 'refs/tags/v')"
    assert RELEASE["needs"] == "run"
    assert RELEASE["permissions"] == {"contents": "write"}
    publish = 'gh release create "$GITHUB_REF_NAME" --verify-tag --generate-notes dist/*'
    token = {"GH_TOKEN": "${{ github.token }}"}
    assert RELEASE["steps"][1:] == [{"run": "make package"}, {"run": publish, "env": token}]
