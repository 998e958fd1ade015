"""An account of the embedded AWS, as good as new, for our stack; a module's tests share its engine.

Its engine has `auth`: the roles are enforced.
"""

import json
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from embedded.engine import Engine


class Account:
    def __init__(self, engine: Engine) -> None:
        with closing(HTTPConnection(urlsplit(engine.endpoint).netloc, timeout=30)) as connection:
            connection.request("POST", "/_ministack/reset")
            assert connection.getresponse().status == HTTPStatus.OK
        self.engine = engine
        self._before = len(engine.mail), len(engine.slack.posts)

    def function(self, name: str) -> dict[str, Any]:
        """A nested one's name is cut."""
        made = self.engine.client("lambda").list_functions()["Functions"]
        [found] = [each for each in made if name in each["FunctionName"]]
        return dict(found)

    def forbid(self, function: str, sid: str) -> None:
        """Take this statement from the function's role."""
        iam, name = self.engine.client("iam"), self.function(function)["Role"].rpartition("/")[2]
        [policy] = iam.list_role_policies(RoleName=name)["PolicyNames"]
        document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        kept = [each for each in document["Statement"] if each.get("Sid") != sid]
        assert len(kept) == len(document["Statement"]) - 1
        changed = json.dumps({**document, "Statement": kept})
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=changed)

    @property
    def told(self) -> tuple[int, int]:
        """So many e-mails, and posts to Slack."""
        mails, posts = self._before
        return len(self.engine.mail) - mails, len(self.engine.slack.posts) - posts


@pytest.fixture
def account(engine: Engine) -> Account:
    return Account(engine)
