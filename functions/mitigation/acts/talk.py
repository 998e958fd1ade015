"""Says in Slack what became of a click: in the task's thread, or to the one who clicked alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitigation.acts import says
from mitigation.acts.click import Action
from mitigation.conversation import with_foot
from mitigation.delivery import DeliveryUnavailable
from mitigation.messages import block_kit, slack_thread
from mitigation.slack_app import AnswerLost, HeadLost, SlackApp, mark_of

if TYPE_CHECKING:
    from mitigation.acts.button import Button
    from mitigation.acts.request import Request
    from mitigation.acts.undo import Plan
    from mitigation.messages import SlackMessage
    from mitigation.messages.block_kit import Block
    from mitigation.notice import Notice
    from mitigation.words import Clock


class Talk:
    """Methods raise DeliveryUnavailable or DeliveryRejected; what was said is not said again.

    That needs a history scope; without one an answer that was lost is repeated.
    """

    def __init__(self, slack: SlackApp, request: Request) -> None:
        self._slack, self._request = slack, request

    def ask(self, wish: Button, value: str, plan: Plan | None) -> str:
        """Ask a second person; the `ts` of the question."""
        return self._reply(says.ask(wish, value, plan), "question")

    def tell(self) -> None:
        """What was done, or not: the question is closed, and the thread told."""
        request = self._request
        assert request.button is not None  # noqa: S101  a forged one is refused before
        ruling, click = request.ruling, request.click
        approved = click.action is Action.APPROVE and ruling.approver is not None
        if request.asked_ts:
            question = says.asked(request.button, approver=ruling.approver, approved=approved)
            self._edit(request.asked_ts, question)
        if request.asked_ts and not approved:
            said = says.dropped(request.button, approver=ruling.approver)
        else:
            said = says.told(
                request.button,
                request.progress,
                requester=request.requester,
                approver=ruling.approver,
                why=request.why,
                broken=request.is_broken,
            )
        self._reply(said, "told", broadcast=request.button.action is Action.UNDO and approved)

    def show(self, notice: Notice, foot: list[Block], clock: Clock) -> None:
        """The task's own message as its watch left it, with who did what below it."""
        request, thread = self._request, notice.memory.thread
        if not request.button or not thread or thread.ts != request.head_ts:
            return
        line = says.trail(
            request.button.action,
            requester=request.requester,
            approver=request.ruling.approver,
            at=request.started_at,
            clock=clock,
        )
        head = slack_thread.verdict(notice.report, clock)
        self._edit(thread.ts, with_foot(head, [block_kit.context(line), *foot]))

    def refuse(self, why: str) -> None:
        click = self._request.click
        try:
            self._slack.whisper(click.user, says.refused(why), thread_ts=click.thread_ts)
        except (AnswerLost, HeadLost) as lost:
            raise DeliveryUnavailable(str(lost)) from None

    def _reply(self, message: SlackMessage, part: str, *, broadcast: bool = False) -> str:
        request = self._request
        mark, thread = mark_of(request.execution, part), request.head_ts
        since = request.started_at.timestamp() - 60
        try:
            if found := self._find(mark, since, thread):
                return found
            return self._slack.post(message, mark, thread_ts=thread, broadcast=broadcast)
        except HeadLost:
            return self._slack.post(message, mark)
        except AnswerLost as lost:
            raise DeliveryUnavailable(str(lost)) from None

    def _find(self, mark: str, since: float, thread: str) -> str | None:
        found = self._slack.find({mark}, since=since, thread_ts=thread)
        return found[0] if found else None

    def _edit(self, ts: str, message: SlackMessage) -> None:
        try:
            self._slack.update(ts, message)
        except HeadLost:
            return  # the thread is told all the same
        except AnswerLost as lost:
            raise DeliveryUnavailable(str(lost)) from None
