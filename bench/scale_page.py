"""What many tasks cost and do, in words and tables."""

from dataclasses import asdict

from bench import polling as p
from bench.artifact import timeout_seconds
from bench.page import Section, flowing, table
from bench.polling import Outcome
from bench.scale import AT_ONCE, CALLS_A_SECOND, Burst, Load
from bench.schedules import default_policy
from bench.tasks import DAY
from mitigation.trigger import SWEEP_WINDOW_SECONDS

DAYS_A_MONTH = 30
# Transitions of a message: Channels, the Map, StillWatching?; for each of two channels Notify,
# Delivered? and Told; for the final one AllDelivered? and Delivered too.
MESSAGE_TRANSITIONS, FINAL_TRANSITIONS = 3 + 2 * 3, 2
# Lambda: StartWatch, and Notify for each of two channels, taken to need 0.5 s at 512 MB each.
OTHER_INVOCATIONS, OTHER_GB_SECONDS = 3, 0.25
PUBLISH, EMAIL = 0.5e-6, 2e-5  # SNS: a request, an e-mail
OVERDUE_SECONDS = 3600
START_SECONDS = 0.03  # what StartExecution is taken to need

PAGE = """\
# Scale

Made by `make bench`: simulated with the product's own polling, over the mix of tasks and with the
prices of [benchmarks](benchmarks.md#polling).

## What a day costs, and does

{costs}

A task of the mix costs ${task:.4f}: ${looks:.4f} for looking and waiting (by AWS's 60 s poller
${poller:.4f}), the rest for starting the watch and telling two channels, with one e-mail a
message. Tasks that run for over an hour are told twice. Texts to phones cost extra, by country.
What stands whatever happens (a key, alarms, a secret) is in the
[README](../README.md#what-it-costs).

{loads}

All in one region of one account, starts at random, every task taken for a detect task.

## Against the quotas

- **Tasks at once: 5 detect and 10 audit.** AWS IoT refuses to start more. The mix's tasks take
  {hours:.1f} hours in the mean, so no account runs more than {most:.0f} of them a day before it
  has its quota raised. 10,000 a day need about {needed:,.0f} at once, or tasks that are shorter.
- **Describe: {calls} calls a second.** {at_once} tasks at once make {few:.0f} looks a second
  right after their starts, and one in {far:.0f} s later. At 10,000 a day the mean is {mean:.1f} a
  second, and the busiest second has {busiest}: AWS throttles some, which are tried again a little
  later, as below.
- **Starts.** Each is one event and one StartExecution, far below Step Functions' rates. The sweep
  asks to start a watch for each task of the last {window:.0f} hours once more: at 10,000 a day
  for {swept:,.0f} of them. At 30 ms a call, its {timeout} s suffice for {sweepable:,.0f} a day.
- **Step Functions: 25,000 events an execution.** A watch has {events:,} at the most, without
  retries.
- **SNS** takes thousands of messages a second; at 10,000 a day the busiest second has {ends}.
- **Slack: about one message a second.** {slack:.0%} of 10,000 a day end within a second of
  another. Slack may answer those with 429: the state machine waits as long as Retry-After says,
  at no cost.

## 50 tasks at once

Against {calls} Describe calls a second, over the first hour: boto3 tries three times, then the
state machine does, with backoff. All at the same instant is more than AWS allows, which takes ten
Start calls a second.

{bursts}

Most is throttled at the first look, where nothing has drawn the tasks apart yet: jitter works
from the first wait on.
"""


def scale_section(
    mix: Outcome, poller: Outcome, overdue: float, loads: list[Load], bursts: list[Burst]
) -> Section:
    """`overdue` is the share of tasks that run for over an hour."""
    task = _task_dollars(mix, overdue)
    largest = loads[-1]
    mean_seconds = largest.at_once / largest.tasks_a_day * DAY
    windows = SWEEP_WINDOW_SECONDS / DAY
    page = PAGE.format(
        costs=table(
            ["tasks a day", "a month", "of that looking and waiting", "by the 60 s poller"],
            [
                [
                    f"{load.tasks_a_day:,}",
                    _month(load, task),
                    _month(load, mix.dollars / 1000),
                    _month(load, poller.dollars / 1000),
                ]
                for load in loads
            ],
        ),
        loads=table(
            [
                "tasks a day",
                "run at once",
                "at most",
                "looks a second",
                "busiest second",
                "ends in it",
            ],
            [
                [
                    f"{load.tasks_a_day:,}",
                    f"{load.at_once:,.1f}",
                    f"{load.most_at_once:,}",
                    f"{load.looks_a_second:.2g}",
                    str(load.busiest_looks),
                    str(load.busiest_ends),
                ]
                for load in loads
            ],
        ),
        bursts=table(
            ["50 tasks", "looks", "throttled", "of them after ten seconds", "told as out of sight"],
            [
                [
                    b.name,
                    *(
                        f"{n:.0f}"
                        for n in (b.looks, b.throttled, b.throttled_later, b.out_of_sight)
                    ),
                ]
                for b in bursts
            ],
        ),
        task=task,
        looks=mix.dollars / 1000,
        poller=poller.dollars / 1000,
        hours=mean_seconds / 3600,
        most=AT_ONCE * DAY / mean_seconds,
        needed=largest.most_at_once,
        calls=CALLS_A_SECOND,
        at_once=AT_ONCE,
        few=AT_ONCE / 5,
        far=300 / AT_ONCE,
        mean=largest.looks_a_second,
        busiest=largest.busiest_looks,
        ends=largest.busiest_ends,
        slack=largest.ends_within_a_second,
        events=p.most_events(default_policy()),
        window=SWEEP_WINDOW_SECONDS / 3600,
        swept=windows * largest.tasks_a_day,
        timeout=timeout_seconds("sweep"),
        sweepable=timeout_seconds("sweep") / START_SECONDS / windows,
    )
    given_up = [f"{b.name}: {b.out_of_sight:g} out of sight" for b in bursts if b.out_of_sight]
    data = {
        "dollarsForATask": task,
        "loads": [asdict(load) for load in loads],
        "fiftyAtOnce": [asdict(burst) for burst in bursts],
    }
    return Section("scale", flowing(page), data, given_up)


def _task_dollars(mix: Outcome, overdue: float) -> float:
    messages = 1 + overdue
    transitions = MESSAGE_TRANSITIONS * messages + FINAL_TRANSITIONS
    invocations = 1 + (OTHER_INVOCATIONS - 1) * messages
    lambdas = invocations * (p.REQUEST + OTHER_GB_SECONDS * p.GB_SECOND)
    return mix.dollars / 1000 + transitions * p.TRANSITION + lambdas + messages * (PUBLISH + EMAIL)


def _month(load: Load, dollars: float) -> str:
    return f"${load.tasks_a_day * DAYS_A_MONTH * dollars:,.2f}"
