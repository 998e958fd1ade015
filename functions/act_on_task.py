"""Carries out what was asked for in Slack, one step at a time, as the state machine asks for it.

Input: `{"step", "execution": {"id", "startedAt"}, "state": {the state machine's state}}`. Steps:
`authorize` says what may follow from a click, `ask` asks a second person, `act` does it, `tell`
tells the thread, `show` says it below the task's own message, `refuse` tells the one who clicked.
Raises DeliveryError, or what AWS IoT says, for the state machine to try again: each step may run
twice, and then does nothing twice.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger

from mitigation.acts import says
from mitigation.acts.authority import Follows, Rules
from mitigation.acts.click import Action
from mitigation.acts.granted import NotGranted, iot_of
from mitigation.acts.offer import offer
from mitigation.acts.perform import perform, plan_undo, pointless, read_task
from mitigation.acts.progress import Result
from mitigation.acts.request import Request
from mitigation.acts.talk import Talk
from mitigation.codec import encode
from mitigation.credentials import CONFIG
from mitigation.delivery import read_secret
from mitigation.member import Hub, read_aliases
from mitigation.notice import Notice
from mitigation.slack_app import SlackApp
from mitigation.zone import find_clock

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from mitigation.wire import Json

RULES = Rules.parse(
    os.environ["SLACK_ACTIONS"], os.environ["SLACK_APPROVALS"], os.environ["SLACK_ACTORS"]
)
SLACK_SECRET_ARN = os.environ["SLACK_SECRET_ARN"]
CHANNEL = os.environ["SLACK_CHANNEL_ID"]
WATCH_EXECUTIONS = os.environ["WATCH_EXECUTIONS"]  # an ARN with a star for the name
ACCOUNT_ALIAS = os.environ["ACCOUNT_ALIAS"] or None
MEMBER_ALIASES = read_aliases(os.environ)
HUB = Hub.of(os.environ)
CLOCK = find_clock(os.environ["TIME_ZONE"])
# A watch looks at its task every 15 minutes at the least (PollMaxSeconds), so it has ended by then.
WATCH_WAIT_SECONDS, WATCH_PATIENCE = 901, timedelta(hours=1)

type Answer = dict[str, Json]

logger = Logger()
states = boto3.client("stepfunctions", config=CONFIG)
own_iot = boto3.client("iot", config=CONFIG)
secrets = boto3.client("secretsmanager", config=CONFIG)


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> Answer:
    token = read_secret(secrets, SLACK_SECRET_ARN)
    request = Request.read(event, RULES, token=token, channel=CHANNEL)
    found = STEPS[event["step"]](request, Talk(SlackApp(token, CHANNEL), request), token)
    logger.info(
        "Asked for in Slack",
        step=event["step"],
        action=request.click.action,
        act=request.button.action if request.button else None,
        user=request.click.user,
        requester=request.requester,
        approver=request.ruling.approver,
        task_id=request.button.task_id if request.button else None,
        member=encode(request.button.member) if request.button else None,
        follows=found["follows"],
        why=found["why"],
        progress=found["progress"],
    )
    return found


def authorize(request: Request, _talk: Talk, _token: str) -> Answer:
    return answer(request)


def ask(request: Request, talk: Talk, token: str) -> Answer:
    """Ask a second person, with a dry run where the act is an undo; or refuse what is pointless."""
    wish, plan = request.wish, None
    try:
        with iot_of(wish, own_iot, HUB, by=request.requester) as iot:
            task = read_task(iot, wish)
            if why := pointless(wish.action, task):
                return answer(request, Follows.REFUSE, why=why)
            if task and wish.action is Action.UNDO:
                plan = plan_undo(iot, task)
    except NotGranted as refused:
        return answer(request, Follows.REFUSE, why=str(refused))
    if plan:
        if not plan.total:
            return answer(request, Follows.REFUSE, why=says.nothing_to_undo(plan))
        wish = wish._replace(changes=plan.total)
    value = wish.value(CHANNEL, token)
    return answer(request, Follows.ASK, wish=value, askedTs=talk.ask(wish, value, plan))


def act(request: Request, _talk: Talk, _token: str) -> Answer:
    assert request.button is not None  # noqa: S101  a forged one is refused before
    button, progress = request.button, request.progress
    try:
        with iot_of(button, own_iot, HUB, by=request.requester) as iot:
            progress, wait = perform(iot, button, progress, since=request.started_at)
    except NotGranted as refused:
        ended = progress._replace(result=Result.NOT_GRANTED)
        return answer(request, Follows.TELL, why=str(refused), progress=encode(ended))
    follows = Follows.TELL if progress.result else Follows.ACT
    return answer(request, follows, waitSeconds=wait, progress=encode(progress))


def tell(request: Request, talk: Talk, _token: str) -> Answer:
    talk.tell()
    return answer(request)


def show(request: Request, talk: Talk, token: str) -> Answer:
    """Who did it, below the task's own message, once its watch won't edit that any more."""
    button = request.button
    if not (button and button.watch and request.progress.result in SHOWN):
        return answer(request)
    arn = WATCH_EXECUTIONS.replace("*", button.watch)
    try:
        watch = states.describe_execution(executionArn=arn)
    except states.exceptions.ExecutionDoesNotExist:
        return answer(request)
    if watch["status"] == "RUNNING" and datetime.now(UTC) - request.started_at < WATCH_PATIENCE:
        return answer(request, waitSeconds=WATCH_WAIT_SECONDS)
    if output := watch.get("output"):
        event = {"channel": "slack", "executionArn": arn, "watch": json.loads(output)}
        notice = Notice.parse(event, account_alias=ACCOUNT_ALIAS, member_aliases=MEMBER_ALIASES)
        foot = offer(notice, os.environ["SLACK_ACTIONS"], CHANNEL, token)
        talk.show(notice, foot, CLOCK)
    return answer(request)


def refuse(request: Request, talk: Talk, _token: str) -> Answer:
    talk.refuse(request.why)
    return answer(request)


STEPS = {
    "authorize": authorize,
    "ask": ask,
    "act": act,
    "tell": tell,
    "show": show,
    "refuse": refuse,
}
SHOWN = {Result.CANCELED, Result.STARTED, Result.UNDONE}


def answer(request: Request, follows: Follows | None = None, **members: Json) -> Answer:
    """What the state machine reads, all of it each time: on AWS a missing path ends it."""
    return {
        "follows": follows or request.ruling.follows,
        "why": request.why,
        "decision": request.decision,
        "waitSeconds": 0,
        "progress": encode(request.progress),
        "wish": None,
        "askedTs": None,
        **members,
    }
