"""`make bench`: measures everything side by side and writes docs/benchmarks.md and what it shows.

usage: python -m bench [PART …]      with parts, prints them and writes nothing
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from bench import DOCS, functions_page, inputs, picture, polling, scale
from bench.artifact import BuildFailed, build
from bench.functions import Bench, zip_bytes
from bench.loopback import loopback
from bench.machine import machine
from bench.measure import ChildFailed
from bench.page import Section, flowing, table
from bench.polling_page import polling_section
from bench.scale_page import OVERDUE_SECONDS, scale_section
from bench.tasks import draw_mix

HEAD = """\
# Benchmarks

Made by `make bench`. Every figure is a ratio of things measured side by side in one run, with its
spread in parentheses, or comes out of a simulation that is the same everywhere.

{machine}
"""
EVENLY_TASKS = (20_000, 5_000)  # of the mix, and with a known total
STREAMS = ((1, 400), (100, 10), (10_000, 1))  # tasks a day, days that are observed


class Parts:
    """The parts of the benchmark, by name; what two of them need is made once."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def names(self) -> dict[str, Callable[[], Section]]:
        return {
            "polling": self.simulated,
            "cold-starts": lambda: functions_page.cold_section(*self.bench()),
            "warm": lambda: functions_page.warm_section(self.bench()[0]),
            "messages": functions_page.messages_section,
            "many-rows": lambda: functions_page.rows_section(self.bench()[0]),
            "scale": self.scale,
        }

    @cache  # noqa: B019  lives as long as the program
    def polling(self) -> polling.Polling:
        return polling.simulate()

    def simulated(self) -> Section:
        evenly = polling.simulate(*EVENLY_TASKS, evenly=True)
        return polling_section(self.polling(), evenly)

    @cache  # noqa: B019  as above
    def bench(self) -> tuple[Bench, int]:
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        artifact = build(folder)
        aws = self._stack.enter_context(loopback(folder, inputs.tasks()))
        return Bench(artifact, aws), zip_bytes(artifact.package, folder)

    def scale(self) -> Section:
        simulated = self.polling()
        mix = draw_mix(polling.MIX_TASKS)
        overdue = sum(task.seconds > OVERDUE_SECONDS for task in mix) / len(mix)
        loads = [scale.stream(tasks, days) for tasks, days in STREAMS]
        poller = simulated.mix_poller
        return scale_section(simulated.mix, poller, overdue, loads, scale.bursts())


def main() -> int:
    with ExitStack() as stack:
        parts = Parts(stack)
        parser = argparse.ArgumentParser(prog="python -m bench", description="See make bench.")
        parser.add_argument("parts", nargs="*", choices=parts.names(), metavar="PART")
        chosen = parser.parse_args().parts
        sections = list(_measured(parts, chosen or parts.names()))
        if chosen:
            print("\n".join(section.markdown for section in sections))
        else:
            picture.draw(parts.polling(), DOCS)
            _write(sections)
    for broken in [line for section in sections for line in section.broken]:
        print(f"bench: broken: {broken}", file=sys.stderr)
    return 1 if any(section.broken for section in sections) else 0


def _measured(parts: Parts, chosen: Iterable[str]) -> Iterable[Section]:
    for name in chosen:
        print(f"bench: {name} …", file=sys.stderr, flush=True)
        yield parts.names()[name]()


def _write(sections: list[Section]) -> None:
    facts = machine()
    head = HEAD.format(machine=table(["measured with", ""], list(facts.items())))
    *figures, scaled = sections
    page = "\n".join([flowing(head), *(section.markdown for section in figures)])
    data = {
        "command": "make bench",
        "machine": facts,
        **{section.name: section.data for section in sections},
    }
    DOCS.mkdir(exist_ok=True)
    (DOCS / "benchmarks.md").write_text(page, encoding="utf-8")
    (DOCS / "scale.md").write_text(scaled.markdown, encoding="utf-8")
    text = json.dumps(data, indent=1, ensure_ascii=False)
    (DOCS / "benchmarks.json").write_text(text + "\n", encoding="utf-8")
    print(
        "bench: wrote docs/benchmarks.md, benchmarks.json, polling.png, scale.md", file=sys.stderr
    )


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (BuildFailed, ChildFailed) as error:
        sys.exit(f"bench: {error}")
    except KeyboardInterrupt:
        sys.exit("bench: interrupted")
