"""Each act is done once, and told once, whatever happens: of tasks of both kinds."""

from typing import Any

import pytest

from embedded.slack_answers import SlackAppAnswer
from tests.support.acting import Acting
from tests.support.aws import ANSWER_LOST, KILLED, WORKS, Fault, Refusal
from tests.support.functions import Mishap
from tests.support.iot import scenario
from tests.support.slack import Slack

THROTTLED: list[Fault] = [Refusal("ThrottlingException")] * 9
QUARANTINED = scenario("SUCCESSFUL", executed={"Quarantine": 3, "Deactivate": 3})
FOUND = {"Quarantine": 2, "Deactivate": 2, "DeactivateCA": 1, "Blank": 1}

# Of the task: how many subjects each started task has, and what is said. Five detect tasks run at
# once, so that the retry of one waits for a free place.
ACTS = {
    "cancel": (scenario(), [], "`quarantine-7` is canceled"),
    "retry": (
        scenario("FAILED", failed=160), [25, 25, 25, 25, 25, 25, 10],
        "160 of 160 failed violations start again in 7 tasks",
    ),
    "undo": (QUARANTINED, [], "6 changes of `quarantine-7` undone"),
    "cancel of an audit's": (scenario(kind="audit"), [], "`audit-46` is canceled"),
    "retry of an audit's": (
        scenario("FAILED", "audit", failed=30), [25, 5],
        "30 of 30 failed findings start again in 2 tasks",
    ),
    "undo of an audit's": (
        scenario("COMPLETED", "audit", executed=FOUND), [], "6 changes of `audit-46` undone"
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
    return {"lambdas": {"ActOnTaskFunction": [*[None] * number, mishap, None]}}


def at_slack(*answers: SlackAppAnswer) -> dict[str, Any]:
    return {"app": {"chat.postMessage": [*answers, SlackAppAnswer()]}}


FAULTS: dict[str, dict[str, Any]] = {
    "all is well": {},
    "half done, then throttled": at_aws(WORKS, *THROTTLED, WORKS),
    "killed at the first call": at_aws(KILLED, WORKS),
    "killed in the middle": at_aws(WORKS, KILLED, WORKS),
    "the answer is lost": at_aws(ANSWER_LOST, WORKS),
    "killed before": at_step(4, Mishap.EXIT_BEFORE),
    "killed once it was done, so it runs twice": at_step(4, Mishap.EXIT_AFTER),
    "killed once it was told": at_step(5, Mishap.EXIT_AFTER),
    "it never answers": at_step(4, Mishap.SILENCE),
    "the dry run is killed": at_step(1, Mishap.EXIT_AFTER),
    "Slack is down for a while": at_slack(*[SlackAppAnswer(status=503)] * 5),
    "Slack's answer is lost": at_slack(SlackAppAnswer(drop="after")),
}
OF_AUDITS = ("all is well", "killed in the middle", "killed once it was done, so it runs twice")
PLAYS = [(act, name) for act in ACTS for name in FAULTS if "audit" not in act or name in OF_AUDITS]


@pytest.mark.parametrize(("act", "fault"), PLAYS)
def test_it_is_done_once_and_told_once(slack: Slack, act: str, fault: str) -> None:
    known, started, says = ACTS[act]
    with Acting(slack, [known], approvals="cancel,retry,undo", **FAULTS[fault]) as world:
        world.agreed(act.split(maxsplit=1)[0])
        world.ends()
        assert len(world.calls("Cancel")) == ("cancel" in act)
        targets = [
            next(iter(call.parameters["target"].values()))
            for call in world.iot.calls
            if call.operation.startswith("Start") and not call.error
        ]
        assert [len(ids) for ids in targets] == started
        assert len(set().union(*targets)) == sum(started)
        assert list(world.iot.registry.changes()) == []
        question, told = world.thread
        assert "agreed" in question
        assert says in told
        assert {each.status for each in world.executions} == {"SUCCEEDED"}
