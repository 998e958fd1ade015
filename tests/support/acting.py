"""A deployment with acts: people in a channel click through the door, signed as Slack signs."""

import json
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

from embedded.clicks import APP, Click, button, clicked
from embedded.places import HOME, Place
from embedded.slack_workspace import CHANNEL, TEAM, Workspace
from mitigation.acts.button import Button
from mitigation.acts.click import Action
from mitigation.kind import TaskType
from mitigation.member import Member
from tests.support import clicks
from tests.support.deployment import TOKEN, Deployment, Json, make_secret

ADA, BO, EVE = "U0ADA", "U0BO", "U0EVE"


@dataclass
class Acting(Deployment):
    """People in a channel with the task's message in it; `head` is its ts."""

    MACHINE, BEGIN = "ActOnTaskStateMachine", datetime(2026, 11, 22, 10, 12, tzinfo=UTC)

    def _enter(self, running: ExitStack) -> None:
        self.workspace = workspace = Workspace()
        super()._enter(running)
        head = {"channel": CHANNEL, "text": "the task's own message"}
        self.head: str = workspace.call("chat.postMessage", f"Bearer {TOKEN}", head)["ts"]

    def _given(self) -> dict[str, str]:
        return {
            "SlackActions": "cancel-retry-undo",
            "SlackActors": f"{ADA},{BO}",
            "SlackSigningSecretArn": make_secret("signing", clicks.SECRET),
            "SlackAppId": APP,
            "SlackTeamId": TEAM,
            **super()._given(),
        }

    # --- What happens ----------------------------------------------------------------------

    def button(self, action: str, member: Member | None = None) -> str:
        """The value of the button that stands there, or could stand in the task's message."""
        if found := button(self.slack_server.workspace, action):
            return found[1]
        kind, task_id = TaskType(self.tasks[0].task_type), self.tasks[0].task_id
        known = Button(Action(action), kind, task_id, f"{kind}-{task_id}", member)
        return known.value(CHANNEL, TOKEN)

    def click(self, user: str, action: str, value: str | None = None) -> int:
        """What the door answers to a click; returns as soon as it does."""
        message = self.said[-1 if action in ("approve", "deny") else 0]
        click, at = Click(0, user, action, {}), self.clock.now.timestamp()
        payload = clicked(click, message, value or self.button(action), at)
        request = clicks.event(clicks.form(payload), at=at)
        answer = self.functions["ReceiveClickFunction"].invoke(json.dumps(request))
        return int(answer["statusCode"])

    def clicks(self, user: str, action: str, value: str | None = None) -> int:
        """A click, and a moment in which all that can happen at once has happened."""
        status = self.click(user, action, value)
        self.passes(10)
        return status

    def agreed(self, action: str) -> None:
        """Ada asks for it, and Bo agrees."""
        self.clicks(ADA, action)
        self.passes(300)
        self.clicks(BO, "approve")

    # --- What came of it -------------------------------------------------------------------

    @property
    def said(self) -> list[Json]:
        """The task's message and its thread, as they stand there now."""
        return self.slack_server.workspace.thread(self.head)

    @property
    def thread(self) -> list[str]:
        return [message["text"] for message in self.said[1:]]

    @property
    def whispers(self) -> list[tuple[str, str]]:
        """What single people were told: whom, and what."""
        return [(each["user"], each["text"]) for each in self.slack_server.workspace.whispers]

    def calls(self, *prefixes: str, place: Place = HOME) -> list[str]:
        """The operations that changed something at AWS IoT there, refused ones left out."""
        prefixes = prefixes or ("Cancel", "Start", "Remove", "Update", "Set")
        found = [call for call in self.iot.at(place).calls if call.operation.startswith(prefixes)]
        return [call.operation for call in found if not call.error]
