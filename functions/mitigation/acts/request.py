"""What the state machine asks for: a click or an expired wish, and what is to be done about it."""

from datetime import datetime
from typing import NamedTuple, Self

from mitigation.acts.authority import Follows, Rules, Ruling, rule
from mitigation.acts.button import Button, ForgedButton
from mitigation.acts.click import Action, Click
from mitigation.acts.progress import Progress
from mitigation.codec import decode
from mitigation.wire import Reader


class Request(NamedTuple):
    """`button` is None where its value is forged, and then the ruling refuses."""

    click: Click
    button: Button | None
    ruling: Ruling
    progress: Progress
    execution: str  # its name
    started_at: datetime
    asked_ts: str | None  # of the message that asked for a second person
    is_broken: bool  # an act that did not come to its end
    why: str  # nothing is done

    @classmethod
    def read(cls, event: object, rules: Rules, *, token: str, channel: str) -> Self:
        """Raises InvalidClick or InvalidTask, which name what is wrong with the state."""
        root = Reader.of(event, "the event")
        state, execution = root.child("state"), root.child("execution")
        click = Click.from_input(state.child("click").members)
        started = execution.time("startedAt")
        assert started is not None  # noqa: S101  Step Functions says it
        expired, step = state.optional("expired"), state.child("step")
        value = (expired.text("wish") if expired else None) or click.value
        button: Button | None = None
        try:
            button = known = Button.read(value, channel, token)
        except ForgedButton as forged:
            ruling = Ruling(Follows.REFUSE, str(forged))
        else:
            counts, now = state.flag("counts") or False, started.timestamp()
            ruling = (
                Ruling(Follows.CLOSE) if expired else rule(click, known, rules, now, counts=counts)
            )
        is_answer = click.action in (Action.APPROVE, Action.DENY)
        progress = step.optional("progress")
        return cls(
            click,
            button,
            ruling,
            decode(Progress, progress.members, "progress") if progress else Progress(),
            (execution.text("id") or "").rpartition(":")[2],
            started,
            expired.text("askedTs") if expired else click.message_ts if is_answer else None,
            state.optional("failure") is not None,
            step.text("why") or ruling.why,
        )

    @property
    def head_ts(self) -> str:
        """The task's own message, whose thread everything is told in."""
        kept = self.button.head_ts if self.button else None
        return kept or self.click.thread_ts or self.click.message_ts

    @property
    def requester(self) -> str:
        kept = self.button.requester if self.button else None
        return kept or self.click.user

    @property
    def decision(self) -> str:
        """The execution that carries out the first answer to a wish: there can be only one.

        Its name is its lock: approval, denial and expiry race for it.
        """
        asked = self.button.request if self.button else None
        return f"decision-{asked or self.execution}"

    @property
    def wish(self) -> Button:
        """The button of the question to a second person, but for the number of changes."""
        assert self.button is not None  # noqa: S101  a forged one is refused before
        return self.button._replace(
            requester=self.click.user,
            asked_at=int(self.started_at.timestamp()),
            request=self.execution,
            head_ts=self.head_ts,
        )
