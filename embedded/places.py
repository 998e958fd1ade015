"""Whose AWS it is: an account in a region."""

import re
from typing import NamedTuple

from embedded.checked import BadScenario, Json, as_object, as_text, required, short

# Signature version 4: Credential=KEY/DATE/REGION/SERVICE/aws4_request
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d+/([a-z0-9-]+)/")


_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2,3}(-[a-z]+)+-[0-9]{1,2}")


class Place(NamedTuple):
    account: str
    region: str


HOME = Place("123456789012", "eu-west-1")
MEMBER = Place("210987654321", "us-east-1")  # of `--member`


def read_place(root: Json) -> Place:
    """A scenario's `member`; without one the task is of the stack's own account and region."""
    if "member" not in root:
        return HOME
    member = as_object(root["member"], "member", Place._fields)
    for name, pattern, example in zip(Place._fields, (_ACCOUNT, _REGION), MEMBER, strict=True):
        where = f"member.{name}"
        text = as_text(required(member, name, f"an AWS {name}", "member"), where)
        if not pattern.fullmatch(text):
            raise BadScenario(
                f"{where}: expected an AWS {name} such as {example}, got {short(text)}"
            )
    return Place(**member)


def signed_by(authorization: str) -> Place | None:
    """The access key, in place of an account, and the region that a request was signed for."""
    found = _CREDENTIAL.search(authorization)
    return Place(found[1], found[2]) if found else None
