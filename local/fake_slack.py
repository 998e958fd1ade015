"""A catcher for Slack: an HTTPS proxy that is hooks.slack.com itself, and refuses all other hosts.

The product posts to Slack's true address and has no switch for tests. So its functions are given
this proxy, and a throw-away certificate authority that vouches for it, through the environment.
"""

import json
import ssl
import tempfile
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from local.scenario import SlackAnswer
from local.serving import Handler, serving
from local.slack_limits import SlackRefused, read_payload

HOSTS = ("hooks.slack.com", "hooks.slack-gov.com")
WEBHOOK_PATH = "/services/"


@dataclass(frozen=True, slots=True)
class Post:
    """One post that reached Slack: what it held, and what it was answered.

    `payload` is None where the body is not JSON; `why` explains a refusal by Block Kit's limits.
    """

    path: str
    payload: Any
    status: int
    body: str
    why: str | None = None


class FakeSlack:
    """Catches `.posts` while the `with` block runs.

    `answers` are for one post each, the last for ever after; none means 200 `ok`. A payload that
    Slack would refuse is refused first, and uses up no answer.
    """

    def __init__(self, answers: Sequence[SlackAnswer] = ()) -> None:
        self.posts: list[Post] = []
        self._answers = list(answers or [SlackAnswer()])
        self._lock = threading.Lock()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._authority, certificate = _make_certificates()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile() as file:  # OpenSSL reads keys from files only
            file.write(certificate)
            file.flush()
            context.load_cert_chain(file.name)
        self._port = self._stack.enter_context(serving(_proxy(self, context)))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

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


def _proxy(slack: FakeSlack, context: ssl.SSLContext) -> type[Handler]:
    class Proxy(Handler):
        def do_CONNECT(self) -> None:  # noqa: N802  http.server's name
            host, _, port = self.path.rpartition(":")
            if host not in HOSTS or port != "443":
                self.answer(403, {}, f"{self.path} is not Slack".encode())
                return
            self.send_response_only(200, "Connection established")
            self.end_headers()
            self.wfile.flush()
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.rfile = self.connection.makefile("rb")
            self.wfile = self.connection.makefile("wb")
            self.close_connection = False  # the next request is the one in the tunnel

        def do_POST(self) -> None:  # noqa: N802  http.server's name
            if not isinstance(self.connection, ssl.SSLSocket):
                self.answer(403, {}, b"Slack speaks HTTPS only")
                return
            body = self.body()
            if not self.path.startswith(WEBHOOK_PATH):
                self.answer(404, {}, b"no_service")
                return
            answer = slack.respond(self.path, body)
            self.answer(answer.status, answer.headers, answer.body.encode())

        def finish(self) -> None:
            super().finish()
            self.connection.close()

    return Proxy


def _make_certificates() -> tuple[bytes, bytes]:
    """An authority to trust, and Slack's certificate with its key, in PEM, valid for a day."""
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mitigation-notifier local run")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOSTS[0])])
    now = datetime.now(UTC)

    def builder(name: x509.Name, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), False
            )
        )

    usage = {
        "content_commitment": False,
        "key_encipherment": False,
        "data_encipherment": False,
        "key_agreement": False,
        "encipher_only": False,
        "decipher_only": False,
    }
    ca = (
        builder(issuer, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), False)
        .add_extension(
            x509.KeyUsage(digital_signature=False, key_cert_sign=True, crl_sign=True, **usage), True
        )
        .sign(ca_key, hashes.SHA256())
    )
    leaf = (
        builder(subject, key.public_key())
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS]), False)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return ca.public_bytes(pem), private + leaf.public_bytes(pem)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
