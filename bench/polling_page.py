"""The polling simulation in words and tables."""

from dataclasses import asdict
from typing import Any

from bench import polling as p
from bench.page import Section, flowing, table
from bench.polling import Outcome, Polling
from bench.schedules import default_policy
from bench.tasks import DAY, HOUR, MIX
from mitigation.polling import JITTER, SHORTEST_SHARE

INTRODUCTION = """\
## Polling

AWS doesn't say when a task ends, so a watch asks again and again. The simulation draws how long
tasks take and watches each of them with the product's own
[polling.py](../functions/mitigation/polling.py) and the template's defaults, and with what others
do.

The wait is √({shortest} s · age), between {shortest} and {longest} s; jitter then lengthens it by
up to {jitter:.0%}, and {longest} s stay the longest. Where the total is known (violation ids
times actions, or audit's own count) progress predicts the end, and the wait lasts until there,
but never less than {share} of what it would be: so progress can only shorten it. Why a root: of a
task that has run for so long, the odds to end within the next second fall as 1/age, and for such
odds no other growth of waits gives a lower mean delay at the same cost.

![Mean delay against cost, for each schedule](polling.png)

**The mix** ({tasks:,} tasks, total unknown): {mix}; within each, no order of magnitude is
likelier. How long tasks really take is not published: the mix is an assumption. So is that a
watch begins with its task: CloudTrail's lag comes before every schedule alike and is left out.

**Cost** is what differs between schedules: for n looks 3n - 1 transitions (3n for a poller that
waits first) at ${transition:.6f}, and n looks at ${look:.7f}: a Lambda request, 0.1 s at 512 MB
on arm64, 1 KB of logs. List prices of us-east-1, no free tier. A look and a wait are 9 events of
the 25,000 that an execution may have. **Delay** is from the task's end to the look that sees it.
"""
KNOWN = """
**Tasks whose total is known** ({tasks:,} of the mix under 5.5 hours, of 1 to 25 violations and 1
to 5 actions): steady progress; noisy (outcomes at random, in half of the tasks ever faster, in
the others ever slower); stalling (10 to 100 % come in early on, then nothing until the end).
"""
PROMISES = """
What is promised of the defaults on this mix. The last column is not promised, but good to know: the
same where within its bounds each second is as likely, not each order of magnitude, so that most
tasks are near the longest.
"""
LIMITS = """
A schedule of 60 s would end at {hours:.0f} hours, where its execution's events run out; its
figures are those of a poller without that limit. Ours ends a watch after `WatchLimitHours`
({limit} by default) with a message, which the mix's longest tasks just escape. Until then it
needs at the most {worst:,} events: with progress that stalls just before the end, and no jitter.
The rest of the 25,000 is for retries.
"""


def polling_section(polling: Polling, evenly: Polling) -> Section:
    policy = default_policy()
    broken = [
        f"{target.what}: {target.value:.3g}, more than {target.limit:g}"
        for target in polling.targets()
        if not target.holds
    ]
    introduction = INTRODUCTION.format(
        shortest=policy.min_seconds,
        longest=policy.max_seconds,
        jitter=JITTER,
        share="a third" if SHORTEST_SHARE == 1 / 3 else f"{SHORTEST_SHARE:.0%}",
        tasks=p.MIX_TASKS,
        mix=", ".join(f"{part:.0%} {_span(low)} to {_span(high)}" for part, low, high in MIX),
        transition=p.TRANSITION,
        look=p.LOOK,
    )
    limits = LIMITS.format(
        hours=p.EVENT_LIMIT / p.EVENTS_A_ROUND * 60 / HOUR,
        limit=policy.limit_seconds // HOUR,
        worst=p.most_events(policy),
    )
    parts = [
        introduction,
        _outcomes(_mix(polling), polling),
        limits,
        KNOWN.format(tasks=p.KNOWN_TASKS),
        _outcomes(_known(polling)),
        PROMISES,
        table(
            ["promise", "measured", "at most", "by seconds"],
            [
                [one.what, f"{one.value:.3g}", f"{one.limit:g}", f"{other.value:.3g}"]
                for one, other in zip(polling.targets(), evenly.targets(), strict=True)
            ],
        ),
    ]
    data = {**_data(polling), "promisesBySeconds": [asdict(t) for t in evenly.targets()]}
    return Section("polling", flowing("\n".join(parts)), data, broken)


def settings() -> dict[str, float]:
    """What the figures depend on: others need a new `make bench`."""
    return {
        **default_policy()._asdict(),
        "jitter": JITTER,
        "shortest_share": SHORTEST_SHARE,
    }


def _mix(polling: Polling) -> dict[str, Outcome]:
    others = [outcome for family in polling.families.values() for outcome in family]
    return {
        "**ours**": polling.mix,
        polling.mix_poller.name: polling.mix_poller,
        **{outcome.name: outcome for outcome in others},
    }


def _known(polling: Polling) -> dict[str, Outcome]:
    return {
        polling.known_poller.name: polling.known_poller,
        "ours, without progress": polling.unknown,
        **{f"**ours, {kind} progress**": outcome for kind, outcome in polling.known.items()},
    }


def _outcomes(outcomes: dict[str, Outcome], polling: Polling | None = None) -> str:
    """With `polling`, a column says which lie on the front of cost against mean delay."""
    front = polling.front if polling else []
    head = ["schedule", "$ for 1,000", "transitions", "events", "median s", "mean s", "p99 s"]
    rows = []
    for name, o in outcomes.items():
        row = [name, f"{o.dollars:.2f}", f"{o.transitions:.0f}", f"{o.events:.0f}"]
        row += [f"{o.median:.1f}", f"{o.mean:.1f}", f"{o.p99:.0f}"]
        rows.append([*row, "yes" if o in front else "no"] if polling else row)
    return table([*head, "on the front"] if polling else head, rows)


def _data(polling: Polling) -> dict[str, Any]:
    def plain(outcomes: dict[str, Outcome]) -> dict[str, Any]:
        return {
            name.strip("*"): {**asdict(outcome), "dollarsFor1000": outcome.dollars}
            for name, outcome in outcomes.items()
        }

    return {
        "settings": settings(),
        "mix": plain(_mix(polling)),
        "knownTotal": plain(_known(polling)),
        "front": [outcome.name for outcome in polling.front],
        "promises": [asdict(target) for target in polling.targets()],
    }


def _span(seconds: float) -> str:
    for unit, name in ((DAY, "d"), (HOUR, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds / unit:g} {name}"
    return f"{seconds:g} s"
