"""Functions for the tests of the embedded AWS."""

import os
import sys
from datetime import UTC, datetime
from typing import Any

import boto3

sns = boto3.client("sns")


class OutOfOrder(Exception):  # noqa: N818  the machine matches this name
    """Raised on demand."""


def handler(event: dict[str, Any], _context: object) -> object:
    match event["do"]:
        case "fail":
            sys.stdout.write("about to fail\n")
            raise OutOfOrder("on demand")
        case "look":
            return {
                "pid": os.getpid(),
                "now": datetime.now(UTC).isoformat(),
                "environment": sorted(os.environ),
            }
        case "publish":
            return sns.publish(TopicArn=os.environ["TOPIC_ARN"], **event["message"])["MessageId"]
    raise ValueError(event)


def fail(_event: object, _context: object) -> None:
    raise OutOfOrder("as always")
