"""Each act is done once, and told once, whatever happens: of tasks of both kinds."""

from collections.abc import Callable
from typing import Any

import pytest

from embedded.scenario import Scenario
from embedded.slack_answers import SlackAppAnswer
from tests.support.acting import Acting
from tests.support.aws import WORKS, AnswerLost, Fault, Killed, Refusal
from tests.support.functions import Mishap
from tests.support.iot import scenario
from tests.support.slack import Slack

THROTTLED: list[Fault] = [Refusal("ThrottlingException")] * 9
QUARANTINED = {"Quarantine": 3, "Deactivate": 3}
FOUND = {"Quarantine": 2, "Deactivate": 2, "DeactivateCA": 1, "Blank": 1}


def canceled(world: Acting) -> object:
    return len(world.calls())


def started(world: Acting) -> object:
    """How many violations or findings each task was started for; none has two."""
    asked = [
        call.parameters
        for call in world.iot.calls
        if call.operation.startswith("Start") and not call.error
    ]
    ids = [one for each in asked for one in next(iter(each["target"].values()))]
    assert len(ids) == len(set(ids))
    return [len(next(iter(each["target"].values()))) for each in asked]


def left_changed(world: Acting) -> object:
    return list(world.iot.registry.changes())


type Act = tuple[str, Scenario, Callable[[Acting], object], object, str]

ACTS: dict[str, Act] = {
    "cancel": ("cancel", scenario(), canceled, 1, "`quarantine-7` is canceled"),
    "retry": (
        "retry", scenario("FAILED", failed=60), started, [25, 25, 10],
        "60 of 60 failed violations start again in 3 tasks",
    ),
    "undo": (
        "undo", scenario("SUCCESSFUL", executed=QUARANTINED), left_changed, [],
        "6 changes of `quarantine-7` undone",
    ),
    "cancel of an audit's": (
        "cancel", scenario(kind="audit"), canceled, 1, "`audit-46` is canceled"
    ),
    "retry of an audit's": (
        "retry", scenario("FAILED", "audit", failed=30), started, [25, 5],
        "30 of 30 failed findings start again in 2 tasks",
    ),
    "undo of an audit's": (
        "undo", scenario("COMPLETED", "audit", executed=FOUND), left_changed, [],
        "6 changes of `audit-46` undone",
    ),
}  # fmt: skip


def at_aws(*faults: Fault) -> dict[str, Any]:
    """At whichever operation the act is."""
    names = ["UpdateCertificate", "UpdateCACertificate", "RemoveThingFromThingGroup"]
    for kind in ("Detect", "Audit"):
        names += [f"{verb}{kind}MitigationActionsTask" for verb in ("Cancel", "Start")]
    return {"aws": dict.fromkeys(names, faults)}


def at_step(number: int, mishap: Mishap) -> dict[str, Any]:
    """Two people have clicked by then, and one was asked: 4 acts, 5 tells."""
    return {"lambdas": {"ActOnTaskFunction": [*[Mishap.NONE] * number, mishap, Mishap.NONE]}}


def at_slack(*answers: SlackAppAnswer) -> dict[str, Any]:
    return {"app": {"chat.postMessage": [*answers, SlackAppAnswer()]}}


FAULTS: dict[str, dict[str, Any]] = {
    "all is well": {},
    "throttled": at_aws(*THROTTLED, WORKS),
    "half done, then throttled": at_aws(WORKS, *THROTTLED, WORKS),
    "killed at the first call": at_aws(Killed(), WORKS),
    "killed in the middle": at_aws(WORKS, Killed(), WORKS),
    "the answer is lost": at_aws(AnswerLost(), WORKS),
    "killed before": at_step(4, Mishap.EXIT_BEFORE),
    "killed once it was done, so it runs twice": at_step(4, Mishap.EXIT_AFTER),
    "killed once it was told": at_step(5, Mishap.EXIT_AFTER),
    "it never answers": at_step(4, Mishap.SILENCE),
    "the dry run is killed": at_step(1, Mishap.EXIT_AFTER),
    "Slack is down for a while": at_slack(*[SlackAppAnswer(status=503)] * 5),
    "Slack's answer is lost": at_slack(SlackAppAnswer(drop="after")),
}
OF_AUDITS = (
    "all is well",
    "throttled",
    "killed in the middle",
    "killed once it was done, so it runs twice",
)
PLAYS = [
    (act, fault) for act in ACTS for fault in FAULTS if "audit" not in act or fault in OF_AUDITS
]


@pytest.mark.parametrize(("act", "fault"), PLAYS)
def test_it_is_done_once_and_told_once(slack: Slack, act: str, fault: str) -> None:
    action, known, effect, expected, says = ACTS[act]
    with Acting(slack, [known], approvals="cancel,retry,undo", **FAULTS[fault]) as world:
        world.agreed(action)
        world.ends()
        assert effect(world) == expected
        question, told = world.thread
        assert "agreed" in question
        assert says in told
        assert {each.status for each in world.executions} == {"SUCCEEDED"}
