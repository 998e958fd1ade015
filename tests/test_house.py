"""The picture of the house in CONTRIBUTING.md is what the code is, and GitHub runs what we do."""

import ast
import re
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

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


def drawn() -> set[tuple[str, str]]:
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


def between_folders() -> set[tuple[str, str]]:
    return {
        (folder, to)
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        for top in (name.partition(".")[0] for name in imported(path))
        for to in ["functions" if top in OUR_OWN else top]
        if to in {*FOLDERS, "functions"} - {folder}
    }


def between_rooms() -> set[tuple[str, str]]:
    return {
        (ROOMS[inside(module)], ROOMS[name.split(".")[1]])
        for module in MODULES
        for name in imported(FUNCTIONS / f"{module}.py")
        if name.startswith("mitigation.")
    }


def inside(module: Path) -> str:
    """The handler, or what is at the top of mitigation/."""
    return module.parts[module.parts[0] == "mitigation"]


def test_the_picture_has_a_room_for_every_module_and_an_arrow_where_it_imports() -> None:
    """Inside of functions/ not each is drawn: a room may import all that lies further along."""
    assert ROOMS.keys() == {*map(inside, MODULES)} - {"__init__"}
    assert drawn() - between_rooms() - between_folders() == set()
    assert between_folders() - drawn() == set()


def test_the_ways_lead_along_modules_that_there_are() -> None:
    ways = PAGE.partition("**The way of one task")[2].partition("\n## ")[0]
    there = {module.as_posix().removeprefix("mitigation/") for module in MODULES}
    assert set(re.findall(r"`([\w/]+)\.py`", ways)) <= there


def test_what_is_read_at_once_is_short() -> None:
    folders = [ROOT / name for name in (*FOLDERS, "functions", "scripts")]
    paths = [ROOT / "template.yaml", *(path for each in folders for path in each.rglob("*.py"))]
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    assert lines.pop(paths[0]) <= LONGEST_TEMPLATE
    assert [path for path in lines if lines[path] > LONGEST_MODULE] == []
    assert sum(lines[path] for path in (ROOT / "bench").glob("*.py")) <= LONGEST_BENCH


def test_what_is_shipped_imports_what_its_requirements_name_and_nothing_that_they_bring() -> None:
    text = (FUNCTIONS / "requirements.in").read_text(encoding="utf-8").replace("-", "_")
    named = {*re.findall(r"^\w+", text, re.MULTILINE), "boto3", "botocore"}  # those by the runtime
    names = (name for module in MODULES for name in imported(FUNCTIONS / f"{module}.py"))
    found = {top for top in (name.partition(".")[0] for name in names) if "mypy" not in top}
    assert found - OUR_OWN - sys.stdlib_module_names <= named


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
