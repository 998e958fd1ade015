"""AWS IoT where a button's task is, with the rights that the member granted there."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from mitigation.credentials import REFUSALS, iot_client
from mitigation.member import NotListed, RoleDenied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_iot import IoTClient

    from mitigation.acts.button import Button
    from mitigation.member import Hub


class NotGranted(Exception):  # noqa: N818  named for what it is
    """A member lets us do less than that, or is no member any more; the text says it to people."""


@contextmanager
def iot_of(button: Button, own: IoTClient, hub: Hub, *, by: str) -> Iterator[IoTClient]:
    """Raises NotGranted, also for what is refused to the block: how much a member grants can't be
    asked for. CloudTrail in its account shows who wanted what.

    What this account refuses is no matter of a member's, and is raised as it is.
    """
    member = button.member
    no = f"{member} grants no {button.action}: the parameter Acts of its member.yaml decides"
    try:
        yield iot_client(own, member, hub, f"{button.action}-{by}-{button.task_id}")
    except NotListed as error:
        raise NotGranted(str(error)) from error
    except RoleDenied as error:
        raise NotGranted(no) from error
    except ClientError as error:
        if member is None or error.response.get("Error", {}).get("Code") not in REFUSALS:
            raise
        raise NotGranted(no) from error
