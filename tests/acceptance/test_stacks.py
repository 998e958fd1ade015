"""Stacks in accounts that are as good as new, with the roles enforced, those of AWS IoT too: each
combination of parameters that changes the resources comes up, tells, and goes again; and people act
in Slack, from the click to what AWS IoT was asked, as far as the level says.
"""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from embedded.checked import Json
from embedded.clicks import Click, button, local_url, press
from embedded.deploy import STACK, delete, deploy, deployed
from embedded.engine import Engine
from embedded.play import receive, stack_parameters, start_task
from embedded.scenario import Scenario
from embedded.slack_workspace import CHANNEL, TOKEN
from mitigation.acts.button import Button
from mitigation.acts.click import Action
from mitigation.kind import TaskType
from tests.support import combinations, stacks
from tests.support.combinations import COMBINATIONS
from tests.support.iot import scenario
from tests.support.product import Product

pytestmark = pytest.mark.acceptance

ENDED = {"detect": "SUCCESSFUL", "audit": "COMPLETED"}
FORBIDDEN = "forbidden"
TASK_IDS = {name: f"task-{n}" for n, name in enumerate((*COMBINATIONS, FORBIDDEN))}
ANYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
LEVELS = ("cancel", "cancel-retry", "cancel-retry-undo")
# What AWS IoT is asked that changes something, by the act; `cancel` is of the task that runs.
CHANGES = {
    "cancel": {"CancelDetectMitigationActionsTask"},
    "retry": {"StartDetectMitigationActionsTask"},
    "undo": {"RemoveThingFromThingGroup", "UpdateCertificate"},
}


def half_done(level: str) -> Scenario:
    """A task that ended: two actions failed, and two have changed a thing of its own."""
    task_id, now = f"half-{level}", datetime.now(UTC).isoformat()
    counts = {"taskStatistics": {"actionsExecuted": 2, "actionsFailed": 2}}
    summary = {"taskId": task_id, "taskStartTime": now, "taskEndTime": now} | counts
    done = {"Quarantine": 1, "Deactivate": 1}
    found = scenario("FAILED", executed=done, failed=2, summary=summary, taskId=task_id)
    return replace(found, executions=tuple({**row, "thingName": level} for row in found.executions))


@pytest.fixture(scope="module")
def running() -> Iterator[Engine]:
    tasks = [stacks.task(kind, one, ENDED[kind]) for kind in ENDED for one in TASK_IDS.values()]
    tasks += [stacks.task("detect", level, "IN_PROGRESS") for level in LEVELS]
    with Engine([*tasks, *map(half_done, LEVELS)], auth=True, speed=50, started=False) as engine:
        yield engine


@pytest.fixture
def engine(running: Engine) -> Engine:
    """All share it; to each it is as good as new."""
    with closing(HTTPConnection(urlsplit(running.endpoint).netloc, timeout=30)) as connection:
        connection.request("POST", "/_ministack/reset")
        assert connection.getresponse().status == HTTPStatus.OK
    return running


def brought_along(engine: Engine, parameters: dict[str, str]) -> dict[str, str]:
    """Make what parameters can name; the parameters with the true ARNs."""
    kms, sns, iam = (engine.client(name) for name in ("kms", "sns", "iam"))
    content = TOKEN if "SlackChannelId" in parameters else stacks.WEBHOOK_URL
    secret = engine.client("secretsmanager").create_secret(Name="slack", SecretString=content)
    document = json.dumps({"Version": "2012-10-17", "Statement": [ANYTHING]})
    policy = iam.create_policy(PolicyName="developers", PolicyDocument=document)
    made = {
        combinations.SECRET: secret["ARN"],
        combinations.TOPIC: sns.create_topic(Name="findings")["TopicArn"],
        combinations.ALARM_TOPIC: sns.create_topic(Name="on-call")["TopicArn"],
        combinations.KEY: kms.create_key()["KeyMetadata"]["Arn"],
        combinations.SECRET_KEY: kms.create_key()["KeyMetadata"]["Arn"],
        combinations.BOUNDARY: policy["Policy"]["Arn"],
    }
    return {name: made.get(value, value) for name, value in parameters.items()}


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_a_combination_comes_up(combination: str, engine: Engine) -> None:
    parameters, task = COMBINATIONS[combination], TASK_IDS[combination]
    given = brought_along(engine, parameters)
    before, mails, posts = stacks.everything(engine), len(engine.mail), len(engine.slack.posts)

    made = deploy(engine, given).resources

    assert set(made) == set(Product.load().stack(parameters))
    watched = parameters.get("TaskTypes", "detect")
    # Where only one kind is watched, a task of the other kind is started first.
    for kind in sorted(ENDED, key=watched.__eq__) if "TaskTypes" in parameters else [watched]:
        start_task(engine, stacks.task(kind, task, ENDED[kind]))
    assert stacks.ended_watches(engine, made) == {f"{watched}-{task}": "SUCCEEDED"}
    wants_it = parameters.get("SnsVerdicts") != "problems"  # for all went well
    # An app says the headline in the channel, and the rest in its thread.
    by_app, by_webhook = 2 * ("SlackChannelId" in parameters), "SlackWebhookSecretArn" in parameters
    assert len(engine.mail) - mails == ("EmailAddress" in parameters and wants_it)
    assert len(engine.slack.posts) - posts == by_app + by_webhook

    delete(engine.client("cloudformation"), STACK)

    assert stacks.everything(engine) - before == set()


def test_the_roles_are_enforced(engine: Engine) -> None:
    """Without this, that all of the above comes up would say nothing about the roles."""
    task, mails, posts = TASK_IDS[FORBIDDEN], len(engine.mail), len(engine.slack.posts)
    made = deploy(engine, stack_parameters(engine)).resources
    forbid(engine, made["NotifyRole"], "ReadWebhook")
    start_task(engine, stacks.task("detect", task, "SUCCESSFUL"))

    assert stacks.ended_watches(engine, made) == {f"detect-{task}": "FAILED"}
    [letter] = receive(engine.client("sqs"), made["DeadLetterQueue"])
    assert letter["channel"] == "slack"
    assert letter["failure"]["Error"] == "DeliveryRejected"
    assert "AccessDenied" in letter["reason"]["raised"]["errorMessage"]
    assert (len(engine.mail), len(engine.slack.posts)) == (mails + 1, posts)


def forbid(engine: Engine, role: str, sid: str) -> None:
    """Take this statement from the role."""
    iam = engine.client("iam")
    [policy] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    kept = [each for each in document["Statement"] if each.get("Sid") != sid]
    assert len(kept) == len(document["Statement"]) - 1
    changed = json.dumps({**document, "Statement": kept})
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=changed)


# --- Acts: a level has the permissions that its acts need, and none of the next level's ----------


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_acts_as_far_as_it_says_and_iam_refuses_the_rest(
    level: str, engine: Engine
) -> None:
    allowed = level.split("-")
    engine.slack.workspace.messages.clear()
    engine.iot.calls.clear()
    given = {"SlackActions": level, "SlackApprovals": "cancel,retry,undo"}
    parameters = stack_parameters(engine, slack="app", acts=True) | given
    before = stacks.everything(engine)
    made = deploy(engine, parameters).resources

    start_task(engine, stacks.task("detect", level, "IN_PROGRESS"))
    agreed(engine, "cancel", "is canceled")
    stacks.ended_watches(engine, made)
    start_task(engine, half_done(level))
    for act, told in {"retry": "2 of 2", "undo": "2 changes"}.items():
        if act in allowed:
            agreed(engine, act, told)
    assert done(engine) == set().union(*(CHANGES[act] for act in allowed))
    stacks.until(partial(acts_ended, engine), "its own acts to end")
    believe_anything(engine)
    for act in set(CHANGES) - set(allowed):
        engine.iot.calls.clear()
        assert force(engine, act, f"half-{level}") == HTTPStatus.OK
        stacks.until(lambda: acts_ended(engine) or shown(engine, "approve"), f"the {act}")
        if shown(engine, "approve"):  # an undo first says what it would do
            click(engine, "U0ADA", "approve")
            stacks.until(partial(acts_ended, engine), f"the {act} to end")
        assert done(engine) == set()
        assert "AccessDeniedException" in {call.error for call in engine.iot.calls}

    delete(engine.client("cloudformation"), STACK)
    assert stacks.everything(engine) - before == set()


def agreed(engine: Engine, act: str, told: str) -> None:
    """Somebody asks for it, somebody else agrees, and the thread says what came of it."""
    assert click(engine, "U0ADA", act) == HTTPStatus.OK
    assert click(engine, "U0ADA", "approve") == HTTPStatus.OK  # nobody agrees with themselves
    assert click(engine, "U0BO", "approve") == HTTPStatus.OK
    messages = engine.slack.workspace.messages
    stacks.until(
        lambda: any(told in each["text"] for each in messages) and not shown(engine, "approve"),
        f"{told}, of {[message['text'] for message in messages]}",
    )


def shown(engine: Engine, action: str) -> tuple[Json, str] | None:
    """The newest such button: the message that has it, and its value."""
    return button(engine.slack.workspace, action)


def click(engine: Engine, user: str, action: str) -> int:
    """What the door answers to a click on that button, once there is one."""
    found = stacks.until(lambda: shown(engine, action), f"a button to {action}")
    return pressed(engine, user, action, *found)


def force(engine: Engine, act: str, name: str) -> int:
    """A click on a button that was never shown, though the bot's token has made it."""
    value = Button(Action(act), TaskType.DETECT, name, f"detect-{name}").value(CHANNEL, TOKEN)
    return pressed(engine, "U0ADA", act, engine.slack.workspace.messages[-1], value)


def pressed(engine: Engine, user: str, action: str, message: Json, value: str) -> int:
    outputs = deployed(engine.client("cloudformation"), STACK).outputs
    door = local_url(engine.endpoint, outputs["ClicksUrl"])
    return press(door, Click(0, user, action, {}), message, value, time.time())


def believe_anything(engine: Engine) -> None:
    """The function takes itself for one of the highest level, where nobody has to agree."""
    client = engine.client("lambda")
    functions = client.list_functions()["Functions"]
    [found] = [each for each in functions if "ActOnTask" in each["FunctionName"]]
    anything = {"SLACK_ACTIONS": LEVELS[-1], "SLACK_APPROVALS": ""}
    client.update_function_configuration(
        FunctionName=found["FunctionName"],
        Environment={"Variables": found["Environment"]["Variables"] | anything},
    )


def done(engine: Engine) -> set[str]:
    """What has changed something, but for the starts of our own tasks."""
    ours = {*LEVELS} | {f"half-{level}" for level in LEVELS}
    every = set().union(*CHANGES.values())
    return {
        call.operation
        for call in engine.iot.calls
        if call.operation in every and not call.error
        if not (call.operation.startswith("Start") and call.parameters["taskId"] in ours)
    }


def acts_ended(engine: Engine) -> bool:
    states = engine.client("stepfunctions")
    machines = [each["stateMachineArn"] for each in states.list_state_machines()["stateMachines"]]
    [acts] = [arn for arn in machines if "ActOnTask" in arn]
    return not states.list_executions(stateMachineArn=acts, statusFilter="RUNNING")["executions"]
