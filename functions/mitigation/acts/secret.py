"""The signing secret, as people keep it in Secrets Manager."""

import contextlib
import json
import re

_SECRET = re.compile(r"[0-9a-f]{32,64}", re.ASCII)  # as Slack shows it under Basic Information


class InvalidSecret(ValueError):  # noqa: N818  named for what it is
    """No signing secret is in the secret; the message never holds what is."""


def signing_secrets(text: str) -> tuple[str, ...]:
    """Plain, or JSON's values: `{"current": "…", "previous": "…"}`, as Slack has no overlap.

    While a signing secret is rotated both are right; take the previous one out afterwards.
    """
    values: list[object] = [text.strip()]
    if text.lstrip().startswith("{"):  # digits alone may be JSON's numbers too
        with contextlib.suppress(ValueError):  # told below, without a word of it
            values = list(json.loads(text).values())
    found = tuple(each for each in values if isinstance(each, str) and _SECRET.fullmatch(each))
    if not found or len(found) != len(values) or len(found) > 2:
        raise InvalidSecret(
            "SlackSigningSecretArn: the secret holds no signing secret of Slack's: expected 32 "
            "hexadecimal digits, or a JSON object with the current one and the previous one"
        )
    return found
