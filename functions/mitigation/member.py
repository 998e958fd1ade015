"""Member accounts: which ones a hub watches besides its own, and in which regions."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, Self

from mitigation.wire import InvalidTask

_ACCOUNT = r"[0-9]{12}"  # not compiled before they are wanted
_REGION = r"[a-z]{2,3}(-[a-z]+)+-[0-9]{1,2}"


class Member(NamedTuple):
    """An account in a region, which has a stack of member.yaml."""

    account: str
    region: str

    def __str__(self) -> str:
        return f"{self.account} ({self.region})"

    @classmethod
    def of_arn(cls, arn: str) -> Self:
        """The account and region of a function, say."""
        _, _, _, region, account, *_ = arn.split(":")
        return cls(account, region)

    def check(self) -> Self:
        """Raises InvalidTask where either can't be what it says."""
        for name, pattern in (("account", _ACCOUNT), ("region", _REGION)):
            value = getattr(self, name)
            if not re.fullmatch(pattern, value):
                raise InvalidTask(f"member.{name}: {value[:40]!r} is not an AWS {name}")
        return self


class NotListed(ValueError):  # noqa: N818  named for what it is, like the others
    """Neither the hub's own account and region nor a member's, or no longer."""


class RoleRefused(Exception):  # noqa: N818  named for what it is, like the others
    """The member role could not be assumed; the text says which, and why."""


class RoleDenied(RoleRefused):
    """It does not trust us, or is not there: asking again changes nothing."""


class Hub(NamedTuple):
    """What the functions know of the members; without accounts there are none."""

    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    role: str  # ARN of a member role, with {account} and {region} for what differs
    external_id: str  # the stack's name: each hub has roles of its own

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        return cls(
            _listed(environment["MEMBER_ACCOUNTS"]),
            _listed(environment["MEMBER_REGIONS"]) or (environment["AWS_REGION"],),
            environment["MEMBER_ROLE"],
            environment["POWERTOOLS_SERVICE_NAME"],
        )

    def members(self) -> Iterator[Member]:
        for account in self.accounts:
            for region in self.regions:
                yield Member(account, region)

    def check(self, member: Member) -> Member:
        """Raises NotListed."""
        if member.account in self.accounts and member.region in self.regions:
            return member
        raise NotListed(f"{member} is not listed in MemberAccounts and MemberRegions of the hub")

    def role_arn(self, member: Member) -> str:
        return self.role.format(account=member.account, region=member.region)


def read_aliases(environment: Mapping[str, str]) -> dict[str, str] | None:
    """Names of accounts by id, from `id=name,id=name`; None where there are no members."""
    aliases = dict(pair.split("=", 1) for pair in _listed(environment["MEMBER_ALIASES"]))
    return aliases if environment["MEMBER_ACCOUNTS"] else None


def _listed(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))
