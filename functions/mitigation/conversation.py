"""One task in Slack: its one message, edited in place, and the thread below it.

    while it runs    the head is posted, and edited as the task gets on
    in between       a reply that the channel sees too
    the end          the head is edited to the verdict, then one reply holds everything else
    the head lost    from then on each message is a new and full one

Every step is kept in `thread` as soon as it is done, so a retry goes on where the last try ended.
Before anything is posted, the channel is asked whether it stands there already: the answer to an
earlier try may have been lost. That needs a history scope; without one it may be posted again.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Self

from mitigation.delivery import DeliveryRejected, DeliveryUnavailable
from mitigation.messages import SlackMessage, slack, slack_thread
from mitigation.messages.block_kit import Block
from mitigation.notice import Notice
from mitigation.report import Report
from mitigation.slack_app import AnswerLost, HeadLost, SlackApp, mark_of
from mitigation.thread import Thread, counts_of
from mitigation.words import Clock

# The messages of one watch; those in between are called by what they tell.
HEAD, VERDICT, REST, WHOLE = "head", "verdict", "rest", "whole"
# Clocks differ, and a message that stands in Slack too early is found nevertheless.
MARGIN_SECONDS = 3600


class Conversation:
    """`thread` is what stands in Slack, also after an exception.

    `watch` names the execution; `since`, in seconds since 1970, is before the first try. Methods
    raise DeliveryUnavailable or DeliveryRejected.
    """

    def __init__(
        self,
        slack: SlackApp,
        thread: Thread,
        *,
        watch: str,
        since: float,
        foot: Sequence[Block] = (),
    ) -> None:
        self._foot = foot
        self.thread = thread
        self.refusals: list[str] = []  # what Slack said of our layout, where it took plain text
        self._slack, self._watch, self._since = slack, watch, since
        if thread.ts and thread.channel != slack.channel:
            self._lose()

    @classmethod
    def of(cls, notice: Notice, secret: str, channel: str, *, foot: Sequence[Block] = ()) -> Self:
        """`foot` stands below the head: buttons, where people may act."""
        since = max(notice.looked_at - MARGIN_SECONDS, 0)
        slack = SlackApp(secret, channel)
        thread = notice.memory.thread or Thread()
        return cls(slack, thread, watch=notice.watch, since=since, foot=foot)

    def show(self, report: Report, clock: Clock, now: datetime) -> None:
        """Post the head, or edit it: how far the task is."""
        if self.thread.is_lost:
            return
        self._keep(tried_at=now)
        head = slack_thread.running(report, clock)
        try:
            if self._standing(HEAD):
                self._edit(head)
            else:
                self._open(head, HEAD)
        except HeadLost:
            self._lose()
        else:
            self._keep(shown=counts_of(report.task))

    def tell(self, report: Report, clock: Clock, *, has_email: bool) -> None:
        """Tell the end, or something in between."""
        whole = slack.render(report, clock, has_email=has_email)
        decision = report.look.decision
        part = WHOLE if decision.is_final else f"{decision}/{report.look.memory.age_seconds}"
        if not self.thread.is_lost:
            try:
                if decision.is_final:
                    self._end(report, clock, has_email=has_email)
                else:
                    self._interrupt(whole, part)
            except HeadLost:
                self._lose()
            else:
                return
        self._post(whole, part)

    def _interrupt(self, whole: SlackMessage, part: str) -> None:
        """A reply that the channel sees; where there is no head yet, the message becomes it."""
        match self._standing(HEAD, part):
            case None:
                self._open(whole, part)
            case "head":
                self._reply(whole, part, broadcast=True)

    def _end(self, report: Report, clock: Clock, *, has_email: bool) -> None:
        """An edit notifies nobody, so the reply about a problem is shown in the channel too."""
        if not self.thread.has_verdict:
            self._put_verdict(slack_thread.verdict(report, clock))
        broadcast = report.verdict.is_problem and not self.thread.is_new
        rest = slack_thread.rest(report, clock, has_email=has_email)
        self._reply(rest, REST, broadcast=broadcast)

    def _put_verdict(self, head: SlackMessage) -> None:
        match self._standing(HEAD, VERDICT):
            case None:
                self._open(head, VERDICT)
                self._keep(is_new=True)
            case "verdict":
                self._keep(is_new=True)
            case _:
                self._edit(head)
        self._keep(has_verdict=True)

    # --- one step each -----------------------------------------------------------------------

    def _standing(self, *parts: str) -> str | None:
        """As which of `parts` the head stands there; None where it does not."""
        if self.thread.ts:
            return HEAD
        if found := self._find(parts):
            ts, part = found
            self._keep(channel=self._slack.channel, ts=ts)
            return part
        return None

    def _open(self, message: SlackMessage, part: str) -> None:
        ts = self._send(with_foot(message, self._foot), part)
        self._keep(channel=self._slack.channel, ts=ts)

    def _edit(self, message: SlackMessage) -> None:
        ts = self.thread.ts or ""
        try:
            head = with_foot(message, self._foot)
            self._try(lambda message: self._slack.update(ts, message), head)
        except AnswerLost as lost:  # done again, it comes to the same
            raise DeliveryUnavailable(str(lost)) from None
        except DeliveryRejected as rejected:
            if rejected.layout_refused:  # even plain text: a new message may be taken
                raise HeadLost(str(rejected)) from None
            raise

    def _reply(self, message: SlackMessage, part: str, *, broadcast: bool) -> None:
        if not self._find((part,), thread_ts=self.thread.ts):
            self._send(message, part, thread_ts=self.thread.ts, broadcast=broadcast)

    def _post(self, message: SlackMessage, part: str) -> None:
        if not self._find((part,)):
            self._send(message, part)

    def _send(
        self,
        message: SlackMessage,
        part: str,
        *,
        thread_ts: str | None = None,
        broadcast: bool = False,
    ) -> str:
        def post(message: SlackMessage) -> str:
            mark = mark_of(self._watch, part)
            return self._slack.post(message, mark, thread_ts=thread_ts, broadcast=broadcast)

        try:
            ts = self._try(post, message)
        except AnswerLost as lost:
            self._keep(in_doubt=True)
            raise DeliveryUnavailable(str(lost)) from None
        self._keep(in_doubt=False)
        return ts

    def _find(self, parts: tuple[str, ...], thread_ts: str | None = None) -> tuple[str, str] | None:
        """Where one of them stands, and which; what nobody can tell matters only in doubt."""
        marks = {mark_of(self._watch, part): part for part in parts}
        try:
            found = self._slack.find(marks, since=self._since, thread_ts=thread_ts)
        except (AnswerLost, DeliveryUnavailable) as unavailable:
            if self.thread.in_doubt:
                raise DeliveryUnavailable(str(unavailable)) from None
            return None
        return (found[0], marks[found[1]]) if found else None

    def _try[Answer](self, call: Callable[[SlackMessage], Answer], message: SlackMessage) -> Answer:
        """Where Slack refuses our layout, it may still take plain text."""
        try:
            return call(message)
        except DeliveryRejected as rejected:
            if not rejected.layout_refused:
                raise
            self.refusals.append(str(rejected))
            return call(without_layout(message, rejected.layout_refused))

    def _lose(self) -> None:
        self._keep(is_lost=True)

    def _keep(self, **changes: str | bool | datetime) -> None:
        self.thread = self.thread._replace(**changes)  # type: ignore[arg-type]  # its own fields


def with_foot(message: SlackMessage, foot: Sequence[Block]) -> SlackMessage:
    """The message with more blocks below it: heads are far from Slack's limit of blocks."""
    blocks = message.payload["blocks"]
    assert isinstance(blocks, list)  # noqa: S101  every renderer's are
    return SlackMessage({**message.payload, "blocks": [*blocks, *foot]})


def without_layout(message: SlackMessage, refusal: str) -> SlackMessage:
    """Its text alone; no blocks at all, for an edit would leave the old ones."""
    note = f"_Slack refused the layout of this message ({refusal}): this is its headline alone._"
    text = f"{message.payload['text']}\n{note}"
    return SlackMessage({**message.payload, "text": text, "blocks": []})
