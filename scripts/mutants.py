"""Mutation testing by mutmut of functions/mitigation, in a copy under .tools/mutation.

usage: mutants.py [MODULE …]   such as "mitigation.report*"; all of them without

What the unit tests and the goldens let live is tried once more by the plays of the state machine,
which take longer. Prints the score of each module, and each survivor with its change.
"""

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

COPY = Path(".tools/mutation").resolve()
PYTHON = Path(".tools/mutants/bin/python").absolute()
ROUNDS = (["tests/unit", "tests/golden"], ["tests/statemachine"])
LIVES = {0, 5, 33}  # mutmut's exit codes: the tests passed, or none runs it
CONFIGURATION = """
[tool.mutmut]
source_paths = ["src"]
only_mutate = ["src/mitigation/*"]
pytest_add_cli_args_test_selection = {tests}
pytest_add_cli_args = ["-p", "no:cacheprovider"]
use_git_change_detection = false
track_dependencies = false
also_copy = {others}
"""


def main(modules: list[str]) -> int:
    others = make_copy()
    configuration = (COPY / "pyproject.toml").read_text()
    results: dict[str, int | None] = {}
    asked = modules
    for tests in ROUNDS:
        own = CONFIGURATION.format(tests=json.dumps(tests), others=json.dumps(others))
        (COPY / "pyproject.toml").write_text(configuration + own)
        (COPY / "mutants/mutmut-stats.json").unlink(missing_ok=True)
        mutmut("run", *asked)
        results |= {name: code for name, code in read_results().items() if code is not None}
        asked = [name for name, code in results.items() if code in LIVES]
        if not asked:
            break
    show(results, asked)
    return 0


def make_copy() -> list[str]:
    """Copies what git knows; the names of all that tests read beside the code."""
    shutil.rmtree(COPY, ignore_errors=True)
    (COPY / "mutants").mkdir(parents=True)
    listed = subprocess.run(["git", "ls-files", "-z"], check=True, capture_output=True, text=True)
    for name in listed.stdout.split("\0")[:-1]:
        (COPY / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(name, COPY / name)
    # mutmut names a module by its path below src/, as it is imported.
    (COPY / "functions").rename(COPY / "src")
    (COPY / "functions").symlink_to("src")
    (COPY / "mutants/functions").symlink_to("src")
    known = {"src", "functions", "mutants", "tests", "pyproject.toml"}
    return sorted(path.name for path in COPY.iterdir() if path.name not in known)


def mutmut(*arguments: str) -> None:
    subprocess.run([PYTHON, "-m", "mutmut", *arguments], cwd=COPY, check=True)


def read_results() -> dict[str, int | None]:
    """The exit code of the tests for each mutant; None where it was not tried."""
    told = [json.loads(path.read_text()) for path in (COPY / "mutants").rglob("*.meta")]
    return {name: code for each in told for name, code in each["exit_code_by_key"].items()}


def show(results: dict[str, int | None], alive: list[str]) -> None:
    made, lives = (Counter(map(module_of, names)) for names in (results, alive))
    for module, count in sorted(made.items()):
        print(f"{module:40} {lives[module]:5} of {count:5} live {noticed(lives[module], count)}")
    print(f"{'all':40} {len(alive):5} of {len(results):5} live {noticed(len(alive), len(results))}")
    for name in sorted(alive):
        mutmut("show", name)


def module_of(name: str) -> str:
    """Of mitigation.words.x_share__mutmut_7, mitigation.words."""
    return name.rpartition("__mutmut_")[0].rpartition(".")[0]


def noticed(lives: int, count: int) -> str:
    return f"{1 - lives / count:7.1%} noticed"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except subprocess.CalledProcessError as error:
        sys.exit(f"mutants: {error.cmd[0]} failed ({error.returncode}); its reason stands above")
    except KeyboardInterrupt:
        sys.exit(130)
