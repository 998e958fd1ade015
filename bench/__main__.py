"""`make bench`: measures everything side by side, and writes the tables of docs/.

usage: python -m bench [simulated] [measured] [acts]      all without
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import acting, functions, inputs, members, page, polling, scale
from bench.artifact import Bench, link_runtime
from bench.loopback import Tasks, loopback
from bench.measure import ChildFailed
from tests.support.sam import BUILT, built_project

type Part = tuple[dict[str, str], list[str]]  # tables by name, and promises that are broken


def simulated() -> Part:
    found, app = polling.simulate(), polling.slack_app()
    tables, out_of_sight = scale.tables(found)
    broken = polling.broken([*found.targets(), *app]) + out_of_sight
    return polling.tables(found, app) | tables | members.tables(), broken


def measured() -> Part:
    with built(inputs.tasks()) as bench:
        return functions.tables(bench)


def acts() -> Part:
    with built(acting.undone()) as bench:
        return acting.tables(bench)


@contextmanager
def built(tasks: Tasks) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name, loopback(Path(name), tasks) as aws:
        runtime = link_runtime(Path(name) / "runtime")
        yield Bench(built_project() / BUILT / "NotifyFunction", runtime, aws)


def main(chosen: list[str]) -> int:
    parts = {"simulated": simulated, "measured": measured, "acts": acts}
    if strange := set(chosen) - parts.keys():
        sys.exit(f"bench: no part {strange.pop()}; there are {', '.join(parts)}")
    status = 0
    for name in chosen or parts:
        print(f"bench: {name} …", file=sys.stderr, flush=True)
        tables, broken = parts[name]()
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
    except KeyboardInterrupt:
        sys.exit("bench: interrupted")
