"""What Notify is asked to tell, and to which channel: its input, and what a dead letter holds."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, Self

from mitigation.causes import Details
from mitigation.codec import decode
from mitigation.decision import ChannelMemory, Decision, Look
from mitigation.member import Member
from mitigation.place import Place
from mitigation.report import Report
from mitigation.state import State, check_version
from mitigation.task import parse_task
from mitigation.wire import InvalidTask, Reader


class Notice(NamedTuple):
    channel: str
    report: Report
    waited_seconds: int  # by the state machine, for this channel
    since: datetime | None  # when it was first tried; None the first time
    memory: ChannelMemory  # what this channel was told before
    watch: str  # the execution's ARN
    member: Member | None  # whose task it is; None: of this account and region
    is_first: bool  # the watch's first channel, at its first try; of a replay none is

    @classmethod
    def parse(
        cls,
        event: object,
        *,
        account_alias: str | None = None,
        member_aliases: Mapping[str, str] | None = None,
        waiting: bool = False,
    ) -> Self:
        """`waiting`: whether it is about a task that the watch goes on waiting for.

        `member_aliases`: None where there are no members.

        Raises InvalidTask, InvalidWatch or UnknownVersion, which name what is wrong.
        """
        root = Reader.of(event, "the notice")
        check_version(root.count("version"))
        watch, look, _ = State.read(root.child("watch").members)
        channel, attempt = root.text("channel") or "", root.child("attempt")
        look = look or Look(Decision.CRASHED)
        if look.decision is Decision.WAIT and not waiting:
            raise InvalidTask("look.decision: there is nothing to tell while the watch waits")
        details = look.memory.details
        since = attempt.time("since")
        channels = root.child("watch").child("machine").texts("channels")
        memory = look.memory.channels.get(channel, ChannelMemory())._replace(unsure=0)
        if before := attempt.optional("memory"):  # of this very notice
            memory = decode(ChannelMemory, before.members, before.path)
        return cls(
            channel=channel,
            waited_seconds=attempt.count("waitedSeconds") or 0,
            since=since,
            memory=memory,
            watch=root.text("executionArn") or "",
            member=watch.member,
            is_first=bool(attempt.members) and since is None and channels[:1] == (channel,),
            report=Report.of(
                parse_task(look.memory.task or {}, watch.task_type, watch.task_id),
                look=look,
                details=decode(Details, details, "look.memory.details") if details else None,
                started_by=watch.started_by,
                place=Place.of_execution(
                    root.text("executionArn"), account_alias, watch.member, member_aliases
                ),
                follows_interim=memory.told_interim,
            ),
        )

    def waited(self, now: datetime) -> int:
        """Seconds that this channel was waited for; those in which Notify itself failed count too.

        Else a function that fails for hours between the answers of a channel that is down could use
        up the history of the execution.
        """
        passed = int((now - self.since).total_seconds()) if self.since else 0
        return max(passed, self.waited_seconds)

    @property
    def looked_at(self) -> float:
        """When the task was looked at, in seconds since 1970: nothing was told of it before."""
        memory = self.report.look.memory
        return memory.since.timestamp() + memory.age_seconds if memory.since else 0

    def is_wanted(self, *, problems_only: bool) -> bool:
        """Whoever was told in between is told the end, whatever the filter says."""
        report = self.report
        return report.verdict.is_problem or report.follows_interim or not problems_only

    @property
    def is_shown(self) -> bool:
        """Whether the channel sees a task that runs: then it is told the end too."""
        thread = self.memory.thread
        return thread is not None and (thread.ts is not None or thread.in_doubt)

    def remembered(self, memory: ChannelMemory) -> ChannelMemory:
        """What this channel has been told once this notice is delivered, by what it knows then."""
        interim = self.report.look.decision.is_interim
        return memory._replace(told_interim=memory.told_interim or interim, unsure=0)
