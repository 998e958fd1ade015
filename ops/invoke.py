"""Invokes a function of the stack once, and says whether it worked, failed, or can't be known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ProxyConnectionError,
)
from botocore.parsers import ResponseParserError

from ops.aws import fit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_lambda import LambdaClient

CONNECT_SECONDS = 10
ANSWER_SECONDS = 80  # more than any function of the template may take
# Never a second try of its own: the first one may have sent the message.
CONFIG = Config(
    connect_timeout=CONNECT_SECONDS,
    read_timeout=ANSWER_SECONDS,
    retries={"total_max_attempts": 1},
)
_NOT_SENT = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)


class FunctionFailed(Exception):  # noqa: N818  reads as what happened
    """The function raised; the message is its error class and its words, in one line."""


class Unanswered(Exception):  # noqa: N818  reads as what happened
    """The connection broke after the request: nobody can know what the function did."""


def invoke(client: LambdaClient, function_name: str, payload: Mapping[str, object]) -> object:
    """The function's answer. What boto3 raises besides says that the function did not run."""
    try:
        response = client.invoke(FunctionName=function_name, Payload=json.dumps(payload))
        text = response["Payload"].read().decode(errors="replace")
    except _NOT_SENT:
        raise
    except (HTTPClientError, ResponseParserError) as error:
        raise Unanswered(type(error).__name__) from error
    answer = _parse(text)
    if "FunctionError" not in response:
        return answer
    if isinstance(answer, dict) and answer.get("errorMessage"):
        name = answer.get("errorType") or response["FunctionError"]
        raise FunctionFailed(fit(f"{name}: {answer['errorMessage']}"))
    raise FunctionFailed(fit(f"{response['FunctionError']}: {text}"))


def _parse(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text
