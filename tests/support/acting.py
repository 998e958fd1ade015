"""What acting.yaml deploys, run in this process: the real definition on moto's interpreter, the
real functions; people click through the door, signed as Slack signs.
"""

import io
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from unittest import mock

from moto.core.base_backend import BackendDict
from moto.moto_api._internal import mock_random

from embedded.fake_iot import FakeIot
from embedded.places import HOME, MEMBER, Place
from embedded.running import Running
from embedded.scenario import Scenario
from embedded.slack_answers import SlackAppAnswer
from embedded.slack_workspace import CHANNEL, TEAM, TOKEN, Workspace
from mitigation.acts.button import Button
from mitigation.acts.click import PREFIX, Action
from mitigation.kind import TaskType
from mitigation.member import Member
from tests.support import clicks
from tests.support.aws import Aws, Fault
from tests.support.clock import Clock
from tests.support.deployment import ACCOUNT, client, environment, every_log_line_to
from tests.support.functions import Function, Mishap
from tests.support.interpreter import Wait, on_virtual_time
from tests.support.product import ACTING, REGION
from tests.support.results import Execution, read_executions
from tests.support.slack import Slack
from tests.support.stack import Stack

NOW = datetime(2026, 11, 22, 10, 12, tzinfo=UTC)
FUNCTIONS = ("ReceiveClickFunction", "ActOnTaskFunction")
MACHINE = "ActOnTask"
WATCH = "detect-quarantine-7"
MACHINE_ARN = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{MACHINE}"
ADA, BO, EVE = "U0ADA", "U0BO", "U0EVE"


@dataclass
class Acting(Running):
    """People in a channel with the task's message in it; `head` is its ts."""

    slack: Slack
    tasks: Sequence[Scenario]
    level: str = "cancel-retry-undo"
    approvals: str = "retry,undo"
    actors: str = f"{ADA},{BO}"
    members: str = ""
    aws: Mapping[str, Sequence[Fault]] = field(default_factory=dict)
    app: Mapping[str, Sequence[SlackAppAnswer]] = field(default_factory=dict)
    lambdas: Mapping[str, Sequence[Mishap]] = field(default_factory=dict)
    iot: FakeIot = field(init=False)
    clock: Clock = field(init=False)
    network: Aws = field(init=False)
    workspace: Workspace = field(init=False)
    head: str = field(init=False)
    log: io.StringIO = field(default_factory=io.StringIO)
    functions: dict[str, Function] = field(default_factory=dict)
    _waits: list[Wait] = field(default_factory=list)

    def _enter(self, running: ExitStack) -> None:
        self.clock = running.enter_context(Clock(NOW))
        self.workspace = Workspace(clock=self._seconds)
        self.slack.play((), self.app, self.workspace)
        running.callback(self.slack.stop)
        running.enter_context(on_virtual_time(self.clock, self._invoke, self._waits))
        stack = self._deploy()
        self.iot = FakeIot(
            *self.tasks,
            clock=self.clock.monotonic,
            account_of=lambda key: key if key.isdigit() else HOME.account,
        )
        self.network = Aws(self.clock, self.iot, self.aws)
        variables = {**self.slack.variables, **environment(stack, FUNCTIONS)}
        running.enter_context(mock.patch.dict("os.environ", variables))
        running.enter_context(every_log_line_to(self.log))
        self.functions = {
            name: Function(name, stack, self.clock, self.log.write, self.lambdas)
            for name in FUNCTIONS
        }
        running.enter_context(mock.patch("time.sleep", self.clock.sleep))
        running.enter_context(mock.patch("mitigation.pace.time", self.clock))
        running.enter_context(self.network.in_place_of_the_network())
        self.clock.enter()  # time passes only where a test lets it
        running.callback(self._end)
        head = {"channel": CHANNEL, "text": "the task's own message"}
        self.head = self.workspace.call("chat.postMessage", f"Bearer {TOKEN}", head)["ts"]
        running.push(lambda kind, *_: None if kind else self._search_for_secrets())

    def _end(self) -> None:
        """What still waits would go on in the next test."""
        self.clock.leave()
        self.clock.run_until_idle()

    def _deploy(self) -> Stack:
        BackendDict.reset()
        mock_random.seed(0)  # the secrets get the same ARNs each time, so that functions load once
        secrets = {"bot": TOKEN, "signing": clicks.SECRET}
        arns = {
            name: client("secretsmanager").create_secret(Name=name, SecretString=text)["ARN"]
            for name, text in secrets.items()
        }
        names = {
            "ActOnTaskStateMachine": MACHINE_ARN,
            **{f"{name}.Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
               for name in FUNCTIONS},
        }  # fmt: skip
        parameters = {
            "ServiceName": "notifier",
            "SlackActions": self.level,
            "SlackApprovals": self.approvals,
            "SlackActors": self.actors,
            "SlackSigningSecretArn": arns["signing"],
            "SlackBotTokenSecretArn": arns["bot"],
            "SlackAppId": clicks.PLACE.app,
            "SlackTeamId": TEAM,
            "SlackChannelId": CHANNEL,
            "WatchTaskName": "WatchTask",
            "MemberAccounts": self.members,
            "MemberRegions": MEMBER.region,
            "MemberAliases": "",
            "TimeZone": "UTC",
            "AccountAlias": "",
        }
        stack = Stack(parameters, names, ACTING)
        client("stepfunctions").create_state_machine(
            name=MACHINE,
            definition=stack.definition("ActOnTaskStateMachine"),
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/act-on-task",
        )
        return stack

    def _invoke(self, arn: str, event: str) -> Any:
        return self.functions[arn.rsplit(":", 1)[-1]].invoke(event)

    # --- What happens ----------------------------------------------------------------------

    def button(self, action: str, member: Member | None = None) -> str:
        """The value of a button in the task's message."""
        kind, task_id = TaskType(self.tasks[0].task_type), self.tasks[0].task_id
        known = Button(Action(action), kind, task_id, f"{kind}-{task_id}", member)
        return known.value(CHANNEL, TOKEN)

    def click(self, user: str, action: str, **changes: Any) -> int:
        """What the door answers to a click; returns as soon as it does."""
        question = self.question if action in ("approve", "deny") else None
        value = changes.pop("value", None) or value_of(question, action) or self.button(action)
        ts = question["ts"] if question else self.head
        document = clicks.payload(action, value, user)
        document["container"]["message_ts"] = ts
        if question:
            document["container"]["thread_ts"] = self.head
        at = self.clock.now.timestamp()
        document["actions"][0]["action_ts"] = f"{at:.6f}"
        document |= changes
        request = clicks.event(clicks.form(document), at=at)
        answer = self.functions["ReceiveClickFunction"].invoke(json.dumps(request))
        return int(answer["statusCode"])

    def clicks(self, user: str, action: str, **changes: Any) -> int:
        """A click, and a moment in which all that can happen at once has happened."""
        status = self.click(user, action, **changes)
        self.passes(10)
        return status

    def agreed(self, action: str) -> None:
        """Ada asks for it, and Bo agrees."""
        self.clicks(ADA, action)
        self.passes(300)
        self.clicks(BO, "approve")

    def _seconds(self) -> float:
        return self.clock.now.timestamp()

    def passes(self, seconds: float) -> None:
        self.clock.sleep(seconds)

    def ends(self) -> None:
        """Until nothing is left that could happen."""
        self.clock.leave()
        try:
            self.clock.run_until_idle()
        finally:
            self.clock.enter()

    # --- What came of it -------------------------------------------------------------------

    @property
    def question(self) -> Mapping[str, Any] | None:
        """The message that asked a second person: the thread's first."""
        return next(iter(self.workspace.thread(self.head)[1:]), None)

    @property
    def thread(self) -> list[str]:
        """What was said in the task's thread, as it stands there now."""
        return [m["text"] for m in self.workspace.thread(self.head)[1:]]

    @property
    def whispers(self) -> list[tuple[str, str]]:
        """What single people were told: whom, and what."""
        return [(each["user"], each["text"]) for each in self.workspace.whispers]

    @property
    def executions(self) -> list[Execution]:
        return read_executions(self._waits, MACHINE_ARN)

    def calls(self, *prefixes: str, place: Place = HOME) -> list[str]:
        """The operations that changed something at AWS IoT there, refused ones left out."""
        prefixes = prefixes or ("Cancel", "Start", "Remove", "Update", "Set")
        found = [call for call in self.iot.at(place).calls if call.operation.startswith(prefixes)]
        return [call.operation for call in found if not call.error]

    def _search_for_secrets(self) -> None:
        said = self.log.getvalue() + repr(self.executions) + repr(self.workspace.messages)
        assert TOKEN not in said
        at = said.find(clicks.SECRET)
        assert at < 0, said[at - 600 : at + 100]


def value_of(message: Mapping[str, Any] | None, action: str) -> str | None:
    """Of that button in a message."""
    for block in (message or {}).get("blocks", []):
        for element in block.get("elements", []):
            if element.get("action_id") == PREFIX + action:
                return str(element["value"])
    return None
