"""A catcher for Slack: an HTTPS proxy that is Slack itself, and refuses all other hosts.

It takes what comes through an incoming webhook, and is the Web API of a workspace with one app.
The product posts to Slack's true address and has no switch for tests. So its functions are given
this proxy, and a throw-away certificate authority that vouches for it, through the environment.
"""

import json
import ssl
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

from embedded.certificates import make_certificates
from embedded.running import Running
from embedded.serving import Handler, serving
from embedded.slack_answers import SlackAnswer, SlackAppAnswer
from embedded.slack_limits import SlackRefused, read_payload
from embedded.slack_workspace import Refused, Workspace, read_arguments

WEBHOOK_HOSTS = ("hooks.slack.com", "hooks.slack-gov.com")
API_HOSTS = ("slack.com", "slack-gov.com")
WEBHOOK_PATH, API_PATH = "/services/", "/api/"
MESSAGE_METHODS = ("chat.postMessage", "chat.update")


@dataclass(frozen=True, slots=True)
class Post:
    """One message that reached Slack: what it held, and what it was answered.

    `payload` is None where the body is not JSON; `body` is `ok` or Slack's word for what is wrong;
    `why` explains a refusal by Block Kit's limits; `ts` names the message that was made or changed.
    """

    path: str
    payload: Any
    status: int
    body: str
    why: str | None = None
    method: str = "webhook"
    ts: str | None = None

    @property
    def was_taken(self) -> bool:
        return self.status == 200 and self.body == "ok"


class FakeSlack(Running):
    """Catches `.posts` while the `with` block runs, and `.calls`, the API methods called.

    `answers` are for one post each, the last for ever after; none means 200 `ok`. A payload that
    Slack would refuse is refused first, and uses up no answer. So do `app_answers` for calls of
    each method.
    """

    def __init__(
        self,
        answers: Sequence[SlackAnswer] = (),
        app_answers: Mapping[str, Sequence[SlackAppAnswer]] | None = None,
        workspace: Workspace | None = None,
    ) -> None:
        self.posts: list[Post] = []
        self.calls: list[str] = []
        self.hosts: list[str] = []  # of these calls
        self.workspace = workspace or Workspace()
        self._answers = list(answers or [SlackAnswer()])
        self._app_answers = {name: list(each) for name, each in (app_answers or {}).items()}
        self._lock = threading.Lock()

    def _enter(self, running: ExitStack) -> None:
        self._authority, certificate = make_certificates(WEBHOOK_HOSTS + API_HOSTS)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile() as file:  # OpenSSL reads keys from files only
            file.write(certificate)
            file.flush()
            context.load_cert_chain(file.name)
        self._port = running.enter_context(serving(_proxy(self, context)))

    def environment(self, folder: Path) -> dict[str, str]:
        """What sends a process's HTTPS here, and nowhere else; the certificate goes to `folder`."""
        authority = folder / "slack-authority.pem"
        authority.write_bytes(self._authority)
        return {
            "HTTPS_PROXY": f"http://127.0.0.1:{self._port}",
            "NO_PROXY": "127.0.0.1",
            "SSL_CERT_FILE": str(authority),
        }

    def respond(self, path: str, body: bytes) -> SlackAnswer:
        """Answer one post, and remember it."""
        with self._lock:
            post, answer = self._receive(path, body)
            self.posts.append(post)
        return answer

    def _receive(self, path: str, body: bytes) -> tuple[Post, SlackAnswer]:
        try:
            payload = read_payload(body)
        except SlackRefused as refused:
            answer = SlackAnswer(400, {}, str(refused))
            return Post(path, _json(body), answer.status, answer.body, refused.why), answer
        answer = self._answers[0] if len(self._answers) == 1 else self._answers.pop(0)
        return Post(path, payload, answer.status, answer.body), answer

    def call(self, path: str, headers: Message, body: bytes) -> SlackAnswer:
        """Answer one call of an API method; raises ConnectionResetError where the line drops."""
        method = path.removeprefix(API_PATH)
        with self._lock:
            return self._call(method, headers, body)

    def _call(self, method: str, headers: Message, body: bytes) -> SlackAnswer:
        planned = self._app_answers.get(method) or [SlackAppAnswer()]
        answer = planned[0] if len(planned) == 1 else planned.pop(0)
        self.calls.append(method)
        payload, said, why = _json(body), {}, None
        if answer.drop != "before" and not answer.refuses:
            try:
                payload = read_arguments(headers.get("Content-Type", ""), body)
                said = self.workspace.call(method, headers.get("Authorization"), payload)
            except Refused as refused:
                said = {"ok": False, "error": str(refused), **refused.more}
            except SlackRefused as refused:
                said, why = {"ok": False, "error": str(refused)}, refused.why
        elif answer.refuses:
            word = answer.error or ("ratelimited" if answer.status == 429 else None)
            said = {"ok": False, "error": word} if word else {}
        status = answer.status
        if said.get("error") in ("ratelimited", "rate_limited"):
            status = 429
        if method in MESSAGE_METHODS:
            word = said.get("error") or ("ok" if said else str(status))
            word = f"connection lost {answer.drop}" if answer.drop else word
            ts = said.get("ts")
            self.posts.append(Post(API_PATH + method, payload, status, word, why, method, ts))
        if answer.drop:
            raise ConnectionResetError
        scopes = {"x-oauth-scopes": ",".join(self.workspace.scopes)}
        wait = {"Retry-After": "1"} if status == 429 else {}
        return SlackAnswer(status, {**scopes, **wait, **answer.headers}, json.dumps(said))


def _proxy(slack: FakeSlack, context: ssl.SSLContext) -> type[Handler]:
    class Proxy(Handler):
        def do_CONNECT(self) -> None:  # noqa: N802  http.server's name
            host, _, port = self.path.rpartition(":")
            if host not in (*WEBHOOK_HOSTS, *API_HOSTS) or port != "443":
                self.answer(403, {}, f"{self.path} is not Slack".encode())
                return
            self.send_response_only(200, "Connection established")
            self.end_headers()
            self.wfile.flush()
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.rfile = self.connection.makefile("rb")
            self.wfile = self.connection.makefile("wb")
            self.close_connection = False  # the next request is the one in the tunnel
            self.host = host

        def do_POST(self) -> None:  # noqa: N802  http.server's name
            if not isinstance(self.connection, ssl.SSLSocket):
                self.answer(403, {}, b"Slack speaks HTTPS only")
                return
            body = self.body()
            is_api = self.host in API_HOSTS
            if not self.path.startswith(API_PATH if is_api else WEBHOOK_PATH):
                self.answer(404, {}, b"no_service")
                return
            if is_api:
                slack.hosts.append(self.host)
                answer = slack.call(self.path, self.headers, body)
            else:
                answer = slack.respond(self.path, body)
            self.answer(answer.status, answer.headers, answer.body.encode())

        def finish(self) -> None:
            super().finish()
            self.connection.close()

    return Proxy


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
