"""Where a task is: partition, region and account, and the console links that are right there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote

from mitigation.member import Member

_CONSOLES = {
    "aws": "https://{region}.console.aws.amazon.com",
    "aws-us-gov": "https://console.amazonaws-us-gov.com",
    "aws-cn": "https://console.amazonaws.cn",
}

_LEAD_LENGTH = 24  # of an account's name, where a headline has to have room too


@dataclass(frozen=True, slots=True)
class Place:
    """All None where a message is rendered outside of an execution.

    `among_others`: people get messages of several accounts and regions, so each has to say whose.
    """

    partition: str | None = None
    region: str | None = None
    account: str | None = None
    account_alias: str | None = None
    execution_arn: str | None = None
    among_others: bool = False

    @classmethod
    def of_execution(
        cls,
        execution_arn: str | None,
        account_alias: str | None = None,
        member: Member | None = None,
        member_aliases: Mapping[str, str] | None = None,
    ) -> Self:
        """From `arn:PARTITION:states:REGION:ACCOUNT:execution:MACHINE:NAME`.

        The task is of that account and region too, unless it is a member's. `member_aliases` is
        None where there are no members.
        """
        parts = (execution_arn or "").split(":")
        if len(parts) < 8:
            return cls(account_alias=account_alias)
        own = Member(parts[4], parts[3])
        account, region = member or own
        alias = (member_aliases or {}).get(account)
        if account == own.account:
            alias = account_alias or alias
        among_others = member is not None or member_aliases is not None
        return cls(parts[1], region, account, alias, execution_arn, among_others)

    @property
    def account_name(self) -> str:
        """`fleet-us (210987654321)`, or what is known of it."""
        if self.account_alias and self.account:
            return f"{self.account_alias} ({self.account})"
        return self.account_alias or self.account or ""

    @property
    def lead(self) -> str:
        """What a headline begins with: `fleet-us, us-east-1: `, or nothing."""
        if not self.among_others:
            return ""
        return f"{(self.account_alias or self.account or '')[:_LEAD_LENGTH]}, {self.region}: "

    @property
    def iot_console(self) -> str | None:
        # The Device Defender pages have no documented address of their own.
        return self._console("iot/home", self.region)

    @property
    def execution_console(self) -> str | None:
        if self.execution_arn is None:
            return None
        link = self._console("states/home", self.execution_arn.split(":")[3])
        if link is None:
            return None
        return f"{link}#/v2/executions/details/{quote(self.execution_arn, safe=':')}"

    def iot_arn(self, kind: str, name: str) -> str | None:
        """Of a thinggroup, say; None outside of an execution."""
        if not (self.partition and self.region and self.account):
            return None
        return f"arn:{self.partition}:iot:{self.region}:{self.account}:{kind}/{name}"

    def links(self) -> list[tuple[str, str]]:
        """Title and address of each page to open."""
        pages = (("AWS IoT console", self.iot_console), ("Execution", self.execution_console))
        return [(title, link) for title, link in pages if link]

    def _console(self, path: str, region: str | None) -> str | None:
        console = _CONSOLES.get(self.partition or "")
        if console is None or not region:
            return None
        return f"{console.format(region=region)}/{path}?region={region}"
