"""The pure core: CPU time of understanding and of rendering, over json.loads of the same input."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bench import inputs
from bench.inputs import LOOK, STARTED, Json
from bench.measure import Ratio, paired
from bench.schedules import default_policy
from mitigation.action_executions import read_details
from mitigation.decision import Seen, decide
from mitigation.messages import amazon_q, data, email, slack, sms, sns
from mitigation.notice import Notice
from mitigation.task import TaskType, parse_task
from mitigation.wire import to_wire
from mitigation.zone import find_clock
from tests.support.static_iot import StaticIot, unpaced

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mitigation.report import Report
    from mitigation.words import Clock

SIZES: Mapping[str, Callable[[], tuple[Json, list[Json]]]] = {
    "small": inputs.small,
    "largest legal": inputs.largest,
    "100,000 rows": inputs.many,
}


@dataclass(frozen=True, slots=True)
class Cost:
    """`over_json` by size: the yardstick is json.loads of what the function is given."""

    what: str
    over_json: Mapping[str, Ratio]


def messages() -> list[Cost]:
    """From Notify's input to each channel's message."""
    clock = find_clock("Europe/Berlin")
    steps: dict[str, Callable[[Report, Clock], object]] = {
        "E-mail": email.render,
        "SMS": lambda report, _clock: sms.render(report),
        "JSON": lambda report, _clock: data.render(report),
        "All of SNS": sns.render,
        "Amazon Q": amazon_q.render,
        "Slack": slack.render,
    }
    found: dict[str, dict[str, Ratio]] = {name: {} for name in ("Understanding it", *steps)}
    for size, make in SIZES.items():
        event = inputs.notify_event("sns", *make())
        text = json.dumps(event)
        report = Notice.parse(event).report

        def over_json(call: Callable[[], object], text: str = text) -> Ratio:
            return paired(call, lambda: json.loads(text))

        found["Understanding it"][size] = over_json(lambda event=event: Notice.parse(event))  # type: ignore[misc]  # bound now, not later
        for name, render in steps.items():
            found[name][size] = over_json(
                lambda render=render, report=report: render(report, clock)  # type: ignore[misc]  # as above
            )
    return [Cost(name, ratios) for name, ratios in found.items()]


def looks() -> list[Cost]:
    """What DescribeTask does itself: a look, and the folding of rows into causes."""
    answer, policy = inputs.running(), default_policy()
    text = json.dumps(answer)

    def look() -> object:
        task = parse_task(to_wire(answer), TaskType.DETECT)
        now = STARTED + timedelta(seconds=200)
        return decide(Seen(task, answer), LOOK, now=now, policy=policy, seed="detect-quarantine-7")

    many, rows = inputs.many()
    task, text_of_rows = parse_task(many, TaskType.DETECT), json.dumps(rows[:50_000])
    fold = paired(
        lambda: read_details(StaticIot(rows), task, unpaced()),  # type: ignore[arg-type]  # enough of it
        lambda: json.loads(text_of_rows),
        rounds=5,
    )
    return [
        Cost("A look at a running task", {"small": paired(look, lambda: json.loads(text))}),
        Cost("50,000 rows, folded into causes", {"100,000 rows": fold}),
    ]
