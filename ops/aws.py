"""The account that an operator means, and the stack in it; every error is one line for a person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from mitigation.messages.text import cut, printable

LINE_LENGTH = 300

AwsError = (BotoCoreError, ClientError)


class Unusable(Exception):  # noqa: N818  reads as what it is
    """What was asked for can't be done as it was asked; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed stack: its outputs and its parameters, by name."""

    name: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]

    def output(self, name: str) -> str:
        try:
            return self.outputs[name]
        except KeyError:
            raise Unusable(
                f"stack {self.name} has no output {name}: is it this project's stack, and up to "
                "date? `make deploy` updates it"
            ) from None


def open_session(profile: str | None, region: str | None) -> boto3.Session:
    """Raises Unusable where there is no such profile, no region, or no sense in an endpoint."""
    try:
        session = boto3.Session(profile_name=profile, region_name=region)
    except ProfileNotFound as error:
        raise Unusable(f"{one_line(error)}; `aws configure list-profiles` lists them") from None
    if not session.region_name:
        raise Unusable("no region: give --region, or set AWS_REGION")
    try:
        session.client("sts")
    except ValueError as error:
        raise Unusable(
            f"AWS_ENDPOINT_URL or the region makes no sense: {one_line(error)}"
        ) from None
    return session


def read_stack(session: boto3.Session, name: str) -> Stack:
    """Raises Unusable where it isn't there, or may not be looked at."""
    try:
        [stack] = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except AwsError as error:
        if _code(error) == "ValidationError" and "does not exist" in str(error):
            raise Unusable(
                f"there is no stack {name!r} in {session.region_name} of this account: "
                "name it with --stack-name (make: STACK=…), or choose --region or --profile"
            ) from None
        raise Unusable(explain(error)) from None
    return Stack(
        name,
        _pairs(stack.get("Outputs", []), "OutputKey", "OutputValue"),
        _pairs(stack.get("Parameters", []), "ParameterKey", "ParameterValue"),
    )


def explain(error: Exception) -> str:
    """One line that says what AWS, or boto3, has against it."""
    match error:
        case NoCredentialsError():
            return "no AWS credentials: give --profile, or log in (`aws sso login`, `aws login`)"
        case SSOError() | TokenRetrievalError():
            return f"{one_line(error)}; log in: `aws sso login`"
        case NoRegionError():
            return "no region: give --region, or set AWS_REGION"
        case ClientError():
            said = error.response.get("Error", {}).get("Message", "")
            return f"AWS refused {error.operation_name}: {fit(f'{_code(error)}: {said}')}"
    return one_line(error)


def one_line(error: object) -> str:
    return fit(" ".join(str(error).split()) or type(error).__name__)


def fit(text: str) -> str:
    """Text that others wrote, as part of one line on a terminal."""
    return cut(printable(text), LINE_LENGTH)


def _code(error: Exception) -> str:
    return error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""


def _pairs(items: Iterable[Mapping[str, str]], key: str, value: str) -> dict[str, str]:
    return {item[key]: item[value] for item in items if key in item and value in item}
