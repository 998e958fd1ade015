"""What may follow from a click: who may act, on what level, and who else has to agree.

Slack has no second factor: whoever has a person's Slack account is that person here.
"""

from enum import StrEnum
from typing import NamedTuple, Self

from mitigation.acts.button import Button
from mitigation.acts.click import Action, Click

APPROVAL_SECONDS = 30 * 60
GRACE_SECONDS = 60  # from an answer in time to its execution
ACTS = (Action.CANCEL, Action.RETRY, Action.UNDO)
_ANSWERS = (Action.APPROVE, Action.DENY)


class Follows(StrEnum):
    """What the state machine does next."""

    REFUSE = "refuse"  # tell the one who clicked why not
    ASK = "ask"  # a second person
    DECIDE = "decide"  # the answer counts, unless another one came first
    ACT = "act"
    TELL = "tell"  # the act is at its end
    CLOSE = "close"  # denied or expired: nothing is done


class Rules(NamedTuple):
    """The stack's parameters. An empty list of actors lets nobody in, never everybody."""

    acts: frozenset[Action]
    approvals: frozenset[Action]  # which of them a second person has to agree to
    actors: frozenset[str]

    @classmethod
    def parse(cls, level: str, approvals: str, actors: str) -> Self:
        """`cancel-retry`, `retry,undo` and `U0ADA,U0BO`, as the parameters have them."""
        return cls(
            frozenset(act for act in ACTS if act in level.split("-")),
            frozenset(act for act in ACTS if act in approvals.split(",")),
            frozenset(name for each in actors.split(",") if (name := each.strip())),
        )


class Ruling(NamedTuple):
    """`why` is for the one who clicked; `approver` has agreed, or denied."""

    follows: Follows
    why: str = ""
    approver: str | None = None


def rule(click: Click, button: Button, rules: Rules, now: float, *, counts: bool) -> Ruling:
    """What follows from a click on a button of ours.

    `counts` says that this answer was the first one to the wish, so that it is carried out.
    """
    if click.user not in rules.actors:
        return _refused("you are not among the people who may act from here (SlackActors)")
    act = button.action
    if act not in rules.acts:
        return _refused(f"this stack does not allow to {act} from Slack (SlackActions)")
    if click.action in ACTS:
        if click.action is not act or button.requester:
            return _refused("the button does not fit what it says")
        # An undo is announced first; who may agree to it alone sees the numbers all the same.
        asks = act in rules.approvals or act is Action.UNDO
        return Ruling(Follows.ASK if asks else Follows.ACT)
    if not (button.requester and button.asked_at and button.request):
        return _refused("there is no wish to agree to")
    if button.requester not in rules.actors:
        return _refused("the one who asked may no longer act from here (SlackActors)")
    if click.action is Action.APPROVE and click.user == button.requester and act in rules.approvals:
        return _refused("it has to be another person than the one who asked")
    if now > button.asked_at + APPROVAL_SECONDS + (GRACE_SECONDS if counts else 0):
        return _refused("30 minutes have passed, so the wish has expired; ask again")
    if not counts:
        return Ruling(Follows.DECIDE, approver=click.user)
    follows = Follows.ACT if click.action is Action.APPROVE else Follows.CLOSE
    return Ruling(follows, approver=click.user)


def _refused(why: str) -> Ruling:
    return Ruling(Follows.REFUSE, why)
