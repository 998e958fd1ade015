"""Where a watch runs: partition, region and account, and the console links that are right there."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import quote

_CONSOLES = {
    "aws": "https://{region}.console.aws.amazon.com",
    "aws-us-gov": "https://console.amazonaws-us-gov.com",
    "aws-cn": "https://console.amazonaws.cn",
}


@dataclass(frozen=True, slots=True)
class Place:
    """All None where a message is rendered outside of an execution."""

    partition: str | None = None
    region: str | None = None
    account: str | None = None
    account_alias: str | None = None
    execution_arn: str | None = None

    @classmethod
    def of_execution(cls, execution_arn: str | None, account_alias: str | None = None) -> Self:
        """From `arn:PARTITION:states:REGION:ACCOUNT:execution:MACHINE:NAME`."""
        parts = (execution_arn or "").split(":")
        if len(parts) < 8:
            return cls(account_alias=account_alias)
        return cls(parts[1], parts[3], parts[4], account_alias, execution_arn)

    @property
    def iot_console(self) -> str | None:
        # The Device Defender pages have no documented address of their own.
        return self._console("iot/home")

    @property
    def execution_console(self) -> str | None:
        link = self._console("states/home")
        if link is None or self.execution_arn is None:
            return None
        return f"{link}#/v2/executions/details/{quote(self.execution_arn, safe=':')}"

    def links(self) -> list[tuple[str, str]]:
        """Title and address of each page to open."""
        pages = (("AWS IoT console", self.iot_console), ("Execution", self.execution_console))
        return [(title, link) for title, link in pages if link]

    def _console(self, path: str) -> str | None:
        console = _CONSOLES.get(self.partition or "")
        if console is None or not self.region:
            return None
        return f"{console.format(region=self.region)}/{path}?region={self.region}"
