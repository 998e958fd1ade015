"""The door: proves that a click came from Slack, and starts an execution that answers it.

Input: an HTTP API's event, payload format 2.0. It can read the signing secret and start one state
machine, nothing else: who may do what is decided there, with a token that this function never has.
Slack waits for 3 seconds, so nothing here waits for anything but AWS.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import os
import time
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger
from botocore.config import Config

from mitigation.acts.click import Click, InvalidClick, Place, parse_click
from mitigation.acts.secret import signing_secrets
from mitigation.acts.signature import NotFromSlack, check_signature

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

STATE_MACHINE_ARN = os.environ["STATE_MACHINE_ARN"]
SIGNING_SECRET_ARN = os.environ["SLACK_SIGNING_SECRET_ARN"]
PLACE = Place(
    os.environ["SLACK_APP_ID"], os.environ["SLACK_TEAM_ID"], os.environ["SLACK_CHANNEL_ID"]
)
# A rotated secret is believed after a minute; until then each cold start reads it once.
SECRET_SECONDS = 60

logger = Logger()
# At DEBUG, which a person may set for a whole function, botocore logs every answer.
logging.getLogger("botocore.parsers").setLevel(logging.INFO)
# Two tries end before the function does; Slack, which waits 3 s, tells who clicked to try again.
config = Config(
    connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2}
)
states = boto3.client("stepfunctions", config=config)
secrets = boto3.client("secretsmanager", config=config)
_kept: dict[str, Any] = {"until": 0.0, "secrets": ()}


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    now = time.time()
    try:
        body = raw_body(event)
        check_signature(body, event.get("headers") or {}, read_secrets(now), now)
        click = parse_click(body, PLACE)
    except NotFromSlack as refused:
        logger.warning("Not from Slack", reason=str(refused))
        return answer(401)
    except InvalidClick as refused:
        logger.warning("No click on a button of ours", reason=str(refused))
        return answer(400)
    start(click)
    return answer(200)


def raw_body(event: dict[str, Any]) -> bytes:
    """The bytes that Slack signed: an HTTP API hands forms on in base64."""
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode()
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise NotFromSlack("the body is not base64, as the event says") from None


def read_secrets(now: float) -> tuple[str, ...]:
    if now >= _kept["until"]:
        answer = secrets.get_secret_value(SecretId=SIGNING_SECRET_ARN)
        _kept.update(secrets=signing_secrets(answer["SecretString"]), until=now + SECRET_SECONDS)
    kept: tuple[str, ...] = _kept["secrets"]
    return kept


def start(click: Click) -> None:
    """Start what answers the click; that it was started before is success."""
    seen = "Click received"
    try:
        states.start_execution(
            stateMachineArn=STATE_MACHINE_ARN,
            name=click.execution_name,
            input=json.dumps({"click": click.to_input()}),
        )
    except states.exceptions.ExecutionAlreadyExists:
        seen = "Click received again"
    logger.info(seen, action=click.action, user=click.user, execution_name=click.execution_name)


def answer(status: int) -> dict[str, Any]:
    return {"statusCode": status, "body": ""}
