"""AWS IoT's client for a task: the function's own, or one with a member role's credentials.

Those are asked for anew in every invocation, last 15 minutes and go to that one client alone.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from mitigation.member import Hub, Member, RoleDenied, RoleRefused

if TYPE_CHECKING:
    from mypy_boto3_iot import IoTClient

CONFIG = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard"})
SESSION_SECONDS = 900  # the least that STS gives; no invocation lasts longer
_SESSION_NAME_LENGTH = 64  # STS, AssumeRole, `RoleSessionName`
REFUSALS = {"AccessDenied", "AccessDeniedException"}


_one_at_a_time = threading.Lock()  # a session may be used by threads, but not make clients


@cache
def sts() -> Any:  # noqa: ANN401  its stubs are not among our requirements
    """Of this region: what the global endpoint gives is not valid in every region."""
    return boto3.client("sts", config=CONFIG)


def iot_client(own: IoTClient, member: Member | None, hub: Hub, session_name: str) -> IoTClient:
    """AWS IoT of that member, or `own` for None: the one of this account and region.

    Raises NotListed for a member that the hub does not know, or no longer, and RoleRefused where
    its role can't be assumed: RoleDenied where the role itself says so. CloudTrail in the member's
    account shows `session_name`.
    """
    if member is None:
        return own
    hub.check(member)
    try:
        answer = sts().assume_role(
            RoleArn=hub.role_arn(member),
            RoleSessionName=session_name[:_SESSION_NAME_LENGTH],
            ExternalId=hub.external_id,
            DurationSeconds=SESSION_SECONDS,
        )
        given = answer["Credentials"]
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        if code in REFUSALS:
            raise RoleDenied(f"the member role in {member} refuses us") from error
        raise RoleRefused(_no_session(member, error)) from error
    except (BotoCoreError, ResponseParserError, KeyError) as error:
        raise RoleRefused(_no_session(member, error)) from error
    with _one_at_a_time:
        return boto3.client(
            "iot",
            region_name=member.region,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            config=CONFIG,
        )


def _no_session(member: Member, error: Exception) -> str:
    return f"the member role in {member} could not be assumed: {error}"
