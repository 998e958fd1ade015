"""Tasks that behave strangely, or whose answers do; and trouble that lasts: AWS IoT or Lambda out
for minutes, for hours, or until the watch limit.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from typing import Any

from embedded.scenario import Failure, SlackAnswer, TaskType
from tests.faults import fault
from tests.faults.outcome import SLACK_DEAD, TOLD, UNREADABLE, Outcome, both
from tests.faults.row import DESCRIBE, ENDED, ENDS, Look, Row, passes
from tests.faults.start_rows import EVENT_THEN_SWEEP, OWN
from tests.support.aws import NO_CONNECTION, Outage
from tests.support.functions import Mishap
from tests.support.machine import NOW, World
from tests.support.product import ROOT
from tests.support.slack import OK, REVOKED
from tests.support.watched import STARTED, Json, answer, running

NO_TASK = Failure("ResourceNotFoundException", 404, "no such task")
NOT_ALLOWED = Failure("AccessDeniedException", 403, "no")
MINUTE, HOUR = 60, 3600
AN_HOUR = {"WatchLimitHours": "1", "OverdueMinutes": "1440"}
SOON_OVERDUE = {"OverdueMinutes": "5"}
RUNS, SO_FAR = "told STILL RUNNING", "told UNREADABLE so far"


def succeeds(task_type: TaskType, **statistics: object) -> Json:
    status = {"detect": "SUCCESSFUL", "audit": "COMPLETED"}[task_type]
    return answer(task_type, taskStatus=status, taskStatistics=statistics)


def does_nothing(task_type: TaskType) -> Json:
    if task_type == "detect":
        return succeeds(task_type, actionsExecuted=0, actionsSkipped=0, actionsFailed=0)
    counts = {"totalFindingsCount": 0, "succeededFindingsCount": 0}
    return succeeds(task_type, LOGGING_DISABLED_CHECK=counts)


def longest(_: TaskType) -> Json:
    path = ROOT / "events/describe/detect-longest.json"
    content: Json = json.loads(path.read_text(encoding="utf-8"))
    return content


canceled = partial(answer, taskStatus="CANCELED", taskStatistics={})
unknown = partial(running, taskStatus="PAUSED")
counts_nothing = partial(running, taskStatistics=None)
OVERDUE: list[Look] = [*(20 * [counts_nothing]), answer]


def clock_rows() -> Iterator[Row]:
    row = partial(Row, "Clock skew")
    before, soon = STARTED - timedelta(hours=2), NOW + timedelta(hours=1)
    far, long_ago = datetime(2099, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)
    never_begins = [*(5 * [partial(running, start=far)]), partial(answer, start=far, end=None)]
    ahead, old = partial(running, start=soon), partial(running, start=long_ago)
    timeless, early = partial(answer, start=None, end=None), partial(answer, end=before)
    yield row("the end lies before the start", TOLD, describe=[early])
    yield row("the start lies an hour ahead", TOLD, describe=[ahead, answer])
    yield row("the start lies decades ahead", TOLD, describe=never_begins)
    name = "the start lies in 1970 and the task runs"
    yield row(name, both("told GAVE UP"), describe=[old, answer])
    yield row("no start and no end", TOLD, describe=[timeless])


def way_rows() -> Iterator[Row]:
    def row(name: str, told: str, *describe: Look, **parameters: str) -> Row:
        return Row("The task", name, both(told), describe=describe, parameters=parameters)

    unreadable, limits = UNREADABLE.sns, {"WatchLimitHours": "1", "OverdueMinutes": "30"}
    no_text = partial(answer, taskStatus=7)
    no_numbers = partial(answer, taskStatistics={"actionsFailed": "x", "CHECK": "x"})
    yield row("ended before the first look", "told", answer)
    yield row("flips back to running after its end", "told", *ENDS, *ENDS)
    yield row("is canceled", "told CANCELED", canceled)
    yield row("is canceled and comes to life again", "told CANCELED", canceled, running)
    yield row("succeeds with nothing done", "told NOTHING DONE", does_nothing)
    yield row("vanishes midway", "told VANISHED", running, lambda _: NO_TASK)
    yield row("can't be read any more midway", unreadable, running, lambda _: NOT_ALLOWED)
    yield row("has an unknown status", "told UNKNOWN STATUS", unknown, **AN_HOUR)
    yield row("has an unknown status for a while", "told", unknown, *ENDS, **AN_HOUR)
    yield row("has no status", unreadable, lambda _: {}, **AN_HOUR)
    yield row("has a status that is no text", unreadable, no_text)
    yield row("has counts that are no numbers", unreadable, no_numbers, **AN_HOUR)
    yield row("is overdue, then ends", f"{RUNS}, told", *OVERDUE, **SOON_OVERDUE)
    yield row("never ends", f"{RUNS}, told GAVE UP", running, **limits)


def channel_rows() -> Iterator[Row]:
    """The watch goes on while a channel can't be told that it does."""
    ids = ["longest-" + "x" * 120]
    row = partial(Row, "The task", describe=[longest], task_ids=ids, types=("detect",))
    name = "has the longest answer that AWS allows"
    yield row(name, TOLD)
    overdue = partial(Row, "An overdue task", describe=OVERDUE, parameters=SOON_OVERDUE)
    then, down = f"{RUNS}, told", SlackAnswer(503, {}, "down")
    late = Outcome(then, "told, dead letter STILL RUNNING")
    revoked = Outcome(then, "dead letter STILL RUNNING, dead letter", "1 failed")
    yield overdue("Slack is away for a moment", both(then), slack=[down, OK])
    yield overdue("Slack is away until the end", late, slack=[*(6 * [down]), OK])
    yield overdue("Slack is revoked", revoked, slack=[REVOKED])
    yield row(f"{name}, and Slack is revoked", SLACK_DEAD, slack=[REVOKED])


def iot_rows() -> Iterator[Row]:
    trouble = fault.named(fault.THROTTLED, fault.FAILS, fault.DENIED)
    trouble["no connection"] = NO_CONNECTION
    # The first look comes at 0 s, the second within half a minute.
    moments: dict[str, tuple[float, Sequence[Look]]] = {
        "before the first look": (0, ENDS),
        "midway": (1, [running, running, answer]),
        "while the task ends": (1, ENDS),
    }
    minutes = {"1 minute": 1, "5 minutes": 5, "20 minutes": 20, "1 hour": 60, "13 hours": 780}
    seldom = {"PollMaxSeconds": "900"}  # fewer looks make a cheaper play
    for (name, error), (moment, (begin, describe)) in product(trouble.items(), moments.items()):
        row = partial(Row, f"AWS IoT is out {moment}", describe=describe)
        for length, lasts in minutes.items():
            told = [SO_FAR] if lasts > 15 else []
            told += [RUNS] if lasts >= 60 and moment != "while the task ends" else []
            out = {DESCRIBE: Outage(error, [(begin, begin + lasts * MINUTE)])}
            expected = both(", ".join([*told, "told"]))
            yield row(f"{name}, for {length}", expected, aws=out, parameters=seldom)
        out, short = {DESCRIBE: Outage(error, [(begin, 2 * HOUR)])}, {"WatchLimitHours": "1"}
        too_long = f"{name}, for longer than the watch limit"
        yield row(too_long, UNREADABLE, aws=out, parameters=seldom | short)


def lambda_rows() -> Iterator[Row]:
    row = partial(Row, "Lambda is out")
    lengths = {"5 minutes": (5 * MINUTE, TOLD), "1 hour": (HOUR, both(f"{RUNS}, told"))}
    mishaps = {"it throttles": Mishap.THROTTLED, "it fails": Mishap.LAMBDA_FAILS}
    moments: dict[str, tuple[str, float, Sequence[Look]]] = {
        "before the first look": ("DescribeTaskFunction", 0, ENDS),
        "midway": ("DescribeTaskFunction", 1, ENDS),
        "when people are to be told": ("NotifyFunction", 0, ENDED),
        "when the task starts": ("StartWatchFunction", 0, ENDED),
    }
    for length, name, moment in product(lengths, mishaps, moments):
        (seconds, expected), (function, begin, describe) = lengths[length], moments[moment]
        expected = expected if moment == "before the first look" else TOLD
        out = {function: Outage(mishaps[name], [(begin, begin + seconds)])}
        yield row(f"{moment}, for {length}: {name}", expected, describe=describe, lambdas=out)
    gone = Outage(Mishap.EXIT_BEFORE, [(0, HOUR)])
    both_gone = {"StartWatchFunction": gone, "SweepFunction": gone}
    name = "when the task starts, for 1 hour: the function ends; a sweep after that finds the task"
    late = both("told", start_failures=1, failed_sweeps=1)
    hour_of_it = [*EVENT_THEN_SWEEP, passes(HOUR), World.ticks]
    yield row(name, late, hour_of_it, OWN, lambdas=both_gone)


def interim_rows() -> Iterator[Row]:
    """Whoever was told in between is told the end, whatever the filter says."""
    once, again = (1, 20 * MINUTE), (30 * MINUTE, 50 * MINUTE)
    out, twice = ({DESCRIBE: Outage(fault.THROTTLED, given)} for given in ([once], [once, again]))
    interims: dict[str, tuple[Any, dict[str, str], int, str]] = {
        "is overdue": ({}, SOON_OVERDUE, 20, RUNS),
        "is out of sight": (out, {}, 1, SO_FAR),
        "is out of sight twice": (twice, {"OverdueMinutes": "1440"}, 25, f"2 x {SO_FAR}"),
    }
    endings: dict[str, tuple[Look, str]] = {
        "succeeds": (succeeds, "told SUCCEEDED"),
        "fails": (answer, "told"),
        "is canceled": (canceled, "told CANCELED"),
    }
    wanted = ("all", "problems")
    wanted = ("all", "problems")
    for interim, end, sns, slack in product(interims, endings, wanted, wanted):
        (aws, more, looks, told), (ending, end_told) = interims[interim], endings[end]
        yield Row(
            "A message in between, then the end",
            f"{interim}, then {end}; SNS wants {sns}, Slack {slack}",
            both(f"{told}, {end_told}"),
            describe=[*(looks * [counts_nothing]), ending],
            aws=aws,
            parameters={**more, "SnsVerdicts": sns, "SlackVerdicts": slack},
        )
    problems = dict.fromkeys(("SnsVerdicts", "SlackVerdicts"), "problems")
    name = "both channels want problems only, and all went well"
    yield Row("Filters", name, both("nothing"), describe=[succeeds], parameters=problems)


ROWS = [*clock_rows(), *way_rows(), *channel_rows(), *iot_rows(), *lambda_rows(), *interim_rows()]
