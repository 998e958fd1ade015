"""What many tasks, and many members of a hub, cost and do against the quotas of AWS and Slack."""

import importlib
import os
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from math import exp, lgamma, log
from statistics import fmean
from typing import Any
from unittest import mock

from botocore.client import BaseClient

from bench import polling as p
from bench.artifact import timeout_seconds
from bench.page import table
from bench.schedules import DAY, HOUR, draw_mix
from mitigation.trigger import SWEEP_WINDOW_SECONDS
from tests.support.functions import Context
from tests.support.product import REGION, product, variables

AT_ONCE = 5 + 10  # detect and audit tasks that may run at the same time; adjustable
DAYS_A_MONTH = 30
# Transitions of a message: Channels, the Map, StillWatching?; for each of two channels Notify,
# Delivered? and Told; for the final one AllDelivered? and Delivered too.
MESSAGE_TRANSITIONS, FINAL_TRANSITIONS = 3 + 2 * 3, 2
# Lambda: StartWatch, and Notify for each of two channels, taken to need 0.5 s at 512 MB each.
OTHER_INVOCATIONS, OTHER_GB_SECONDS = 3, 0.25
PUBLISH, EMAIL = 0.5e-6, 2e-5  # SNS: a request, an e-mail
START_SECONDS = 0.03  # what StartExecution is taken to need
ACCOUNTS, REGIONS = 50, ("eu-west-1", "eu-central-1", "us-east-1", "us-west-2")
CALL_SECONDS = 0.1  # what a call of a sweep is taken to need
SWEEPS_A_MONTH = DAYS_A_MONTH * 24 * 60 // 5
# List prices of us-east-1 a month, in dollars, without any free tier but that of dashboards.
KEY, ALARM, DASHBOARD, SECRET = 1.0, 0.1, 3.0, 0.4
FREE_DASHBOARDS = 3  # of an account


def busiest(mean: float) -> int:
    """What a Poisson count of this mean stays within, but for one second of a day.

    Starts come at random, so everything that follows from them is such a count: how many tasks
    run, and, as no watch looks twice within a second, how many looks a second has.
    """
    count, within = 0, exp(-mean)
    while (1 - within) * DAY > 1:
        count += 1
        within += exp(count * log(mean) - mean - lgamma(count + 1))
    return count


def tables(polling: p.Polling) -> dict[str, str]:
    ours, poller = (outcome.dollars / 1000 for outcome in polling.mix[:2])
    seconds = [task.seconds for task in draw_mix(p.MIX_TASKS)]
    mean, overdue = fmean(seconds), fmean(one > HOUR for one in seconds)
    whole, timeout = _task_dollars(ours, overdue), timeout_seconds("sweep")
    loads = [
        [
            f"{tasks:,}",
            *(f"${tasks * DAYS_A_MONTH * cost:,.2f}" for cost in (whole, ours, poller)),
            *_counts(tasks / DAY * mean),
            *_counts(tasks / DAY * polling.mix[0].looks),
            f"{1 - exp(-tasks / DAY):.1%}",
        ]
        for tasks in (1, 100, 10_000)
    ]
    costs = ["tasks a day", "a month", "for looking and waiting", "by the 60 s poller"]
    counts = ["run at once", "at most", "looks a second", "at most", "share within a second"]
    sweepable = timeout / START_SECONDS / SWEEP_WINDOW_SECONDS * DAY
    means = {
        "dollars that a task costs": f"{whole:.4f}",
        "hours that it takes, mean": f"{mean / HOUR:.1f}",
        f"tasks a day of which {AT_ONCE} run at once": f"{AT_ONCE * DAY / mean:.0f}",
        f"tasks a day that a sweep gets through in its {timeout} s": f"{sweepable:,.0f}",
    }
    return {
        "loads": table([*costs, *counts], loads),
        "mix-means": table(["of the mix", ""], means.items()),
        "members": _members(),
    }


def _counts(mean: float) -> Iterable[str]:
    return f"{mean:,.2g}" if mean < 1 else f"{mean:,.1f}", f"{busiest(mean):,}"


def _task_dollars(looks: float, overdue: float) -> float:
    """With what it costs to start the watch and to tell two channels, by e-mail and Slack."""
    messages = 1 + overdue
    transitions = MESSAGE_TRANSITIONS * messages + FINAL_TRANSITIONS
    invocations = 1 + (OTHER_INVOCATIONS - 1) * messages
    lambdas = invocations * (p.REQUEST + OTHER_GB_SECONDS * p.GB_SECOND)
    return looks + transitions * p.TRANSITION + lambdas + messages * (PUBLISH + EMAIL)


def sweep(call_seconds: float = CALL_SECONDS) -> tuple[list[tuple[str, str, str]], float]:
    """What it asked: the operation, whose credentials, and where; and how long that took."""
    asked = []

    def call(client: Any, operation: str, parameters: Any) -> object:
        time.sleep(call_seconds)
        key = client._request_signer._credentials.access_key
        asked.append((operation, key, client.meta.region_name))
        account = parameters.get("RoleArn", "")
        given = dict.fromkeys(("AccessKeyId", "SecretAccessKey", "SessionToken"), account)
        made = datetime.now(UTC) - timedelta(days=1)
        return {"Credentials": given, "creationDate": made, "tasks": []}

    accounts = ",".join(f"{n:012}" for n in range(ACCOUNTS))
    members = {"MemberAccounts": accounts, "MemberRegions": ",".join(REGIONS)}
    environment = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "bench")
    environment |= dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), REGION)
    environment |= variables(product().whole(members), "SweepFunction")
    with (
        mock.patch.dict(os.environ, environment),
        mock.patch.object(BaseClient, "_make_api_call", call),
    ):
        handler: Any = importlib.import_module("sweep")
        began = time.monotonic()
        handler.handler({}, Context("bench", "bench"))
        return asked, time.monotonic() - began


def _members() -> str:
    (asked, seconds), members = sweep(), ACCOUNTS * len(REGIONS)
    calls = Counter(operation for operation, *_ in asked)
    roles, events = calls["AssumeRole"], calls.total() - calls["DescribeStateMachine"]
    trailed = SWEEPS_A_MONTH * events / 1e6
    sweeping = SWEEPS_A_MONTH * (seconds * 0.5 * p.GB_SECOND + p.REQUEST)  # at 512 MB
    types = Counter(each["Type"] for each in product().template["Resources"].values())
    bare = KEY + SECRET + ALARM * types["AWS::CloudWatch::Alarm"]
    paid = ACCOUNTS * max(len(REGIONS) - FREE_DASHBOARDS, 0)  # dashboards, of so many stacks
    rows = {
        "calls of a sweep": f"{calls.total():,}",
        "of them AssumeRole": f"{roles:,}",
        "of them lists, of which a member gets each once": f"{events - roles:,}",
        f"seconds that it takes, of its {timeout_seconds('sweep')}": f"{seconds:.0f}",
        f"dollars a month for {members} stacks, without any task": (
            f"{members * bare + paid * DASHBOARD:,.0f}"
        ),
        f"dollars a month for a hub and {members} members": f"{bare + DASHBOARD + sweeping:,.2f}",
        "of them for sweeping": f"{sweeping:,.2f}",
        "millions of management events a month in CloudTrail": f"{trailed:.1f}",
    }
    return table([f"{ACCOUNTS} accounts in {len(REGIONS)} regions", ""], rows.items())
