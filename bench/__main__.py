"""`make bench`: measures everything side by side, and writes the tables of docs/.

usage: python -m bench [simulated] [measured] [acts]      all without
"""

import sys
import tempfile
from pathlib import Path

from bench import acting, functions, inputs, page, polling, scale
from bench.artifact import Bench, ChildFailed, link_runtime
from tests.support.sam import BUILT, built_project

type Part = tuple[dict[str, str], list[str]]  # tables by name, and promises that are broken


def simulated() -> Part:
    found, app = polling.simulate(), polling.slack_app()
    broken = polling.broken([*found.targets(), *app])
    return polling.tables(found, app) | scale.tables(found), broken


def measured() -> Part:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder, package = Path(name), built_project() / BUILT / "NotifyFunction"
        with inputs.loopback(folder, inputs.tasks()) as aws:
            return functions.tables(Bench(package, link_runtime(folder / "runtime"), aws))


PARTS = {"simulated": simulated, "measured": measured, "acts": acting.tables}


def main(chosen: list[str]) -> int:
    status = 0
    for name in chosen or PARTS:
        print(f"bench: {name} …", file=sys.stderr, flush=True)
        tables, broken = PARTS[name]()
        page.write(tables)
        for line in broken:
            print(f"bench: broken: {line}", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ChildFailed as error:
        sys.exit(f"bench: {error}")
