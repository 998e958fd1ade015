"""Starts and ends the embedded AWS: the engine in a process of its own, the fakes in this one."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
import botocore.session
from botocore.config import Config

from local import records
from local.child import RECORDS, TEMPORARY
from local.clock import get_offset, set_offset
from local.fake_iot import FakeIot
from local.fake_slack import FakeSlack
from local.scenario import Scenario, SlackAnswer

ROOT = Path(__file__).resolve().parent.parent
ACCOUNT = "123456789012"
REGION = "eu-west-1"
CHILD = ("-m", "local.child")
START_SECONDS = 60  # a second is usual; compiling ministack for the first time takes five
STOP_SECONDS = 10

# boto3 in this process must not see the AWS profile of whoever runs it.
_NO_PROFILE: dict[str, Any] = {
    "profile": (None, [], None, None),
    "config_file": (None, [], os.devnull, None),
    "credentials_file": (None, [], os.devnull, None),
}


class EngineFailed(Exception):  # noqa: N818  reads as what happened
    """The engine did not start, or ended too early; one line says why."""


class Engine:
    """The embedded AWS while the `with` block runs, bound to 127.0.0.1 on free ports.

    `now` is where the functions' clock starts (None: real time, which `auth` needs, as signatures
    carry it). `speed` divides the waits of the state machine. With `auth` the engine enforces the
    functions' roles.
    """

    def __init__(
        self,
        scenarios: Sequence[Scenario] = (),
        *,
        slack: Sequence[SlackAnswer] = (),
        now: datetime | None = None,
        speed: float = 1,
        auth: bool = False,
        started: bool = True,
        calls_per_second: float | None = None,
    ) -> None:
        self.iot = FakeIot(
            *scenarios,
            started=started,
            calls_per_second=calls_per_second,
            on_ended=self._catch_up,
        )
        self.slack = FakeSlack(slack)
        self._now = now
        self._speed = speed
        self._auth = auth
        # (real time in seconds since 1970, offset from then on) of this process's own changes.
        self._offsets: list[tuple[float, float]] = []
        self._recorded: dict[str, list[dict[str, Any]]] = {}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            temporary = tempfile.TemporaryDirectory(prefix="local-aws-", ignore_cleanup_errors=True)
            self.folder = Path(stack.enter_context(temporary))
            stack.enter_context(self.iot)
            stack.enter_context(self.slack)
            self._process = stack.enter_context(self._running())
            self._wait_until_ready()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._recorded = {kind: self._read(kind) for kind in ("sns", "email", "wait")}
        self._stack.__exit__(kind, error, trace)

    @property
    def sns(self) -> list[dict[str, Any]]:
        """What was published: topicArn, subject, message, messageStructure, attributes."""
        return self._read("sns")

    @property
    def mail(self) -> list[dict[str, Any]]:
        """The e-mails that SNS sent: topicArn, to, subject, body."""
        return self._read("email")

    @property
    def waits(self) -> list[dict[str, Any]]:
        """The waits and retries of state machines, as clock.py records them.

        `seconds` is what was to be waited, `took` what really was; at the real time `until`, in
        seconds since 1970, the run's clock was ahead of the real one by `offset`.
        """
        return self._read("wait")

    @property
    def endpoint(self) -> str:
        """Where AWS is: the value for AWS_ENDPOINT_URL."""
        return f"http://127.0.0.1:{self._port}"

    def environment(self) -> dict[str, str]:
        """What makes any AWS tool, such as the SAM CLI, speak with this engine and no other."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ENDPOINT_URL_IOT": self.iot.url,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
        }

    def client(self, service: str) -> Any:
        """A boto3 client of this engine; of the fake for `iot`."""
        url = self.iot.url if service == "iot" else self.endpoint
        make: Any = self._session.client  # its stubs want the name as a literal
        return make(service, endpoint_url=url, config=_CLIENT)

    def times_of(self, moments: Iterable[datetime]) -> list[datetime]:
        """What the functions' clock showed at real moments."""
        known = sorted([*self._offsets, *((wait["until"], wait["offset"]) for wait in self.waits)])
        since, offsets = [at for at, _ in known], [0.0, *(offset for _, offset in known)]
        return [
            moment + timedelta(seconds=offsets[bisect_right(since, moment.timestamp())])
            for moment in moments
        ]

    def logs(self) -> dict[str, list[str]]:
        """Every line of every log group."""
        client = self.client("logs")
        groups = client.get_paginator("describe_log_groups").paginate()
        names = [group["logGroupName"] for page in groups for group in page["logGroups"]]
        events = client.get_paginator("filter_log_events")
        return {
            name: [
                e["message"] for page in events.paginate(logGroupName=name) for e in page["events"]
            ]
            for name in names
        }

    @cached_property
    def _session(self) -> boto3.Session:
        bare = botocore.session.Session(session_vars=_NO_PROFILE)
        return boto3.Session(
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="test",  # noqa: S106  the engine's
            region_name=REGION,
            botocore_session=bare,
        )

    @property
    def _clock(self) -> Path:
        return self.folder / "clock"

    def _set_offset(self, offset: float) -> None:
        set_offset(self._clock, offset)
        self._offsets.append((time.time(), offset))

    def _catch_up(self, ended: datetime) -> None:
        """Nobody is told of an end that lies in the future: waits were too short for it."""
        offset = ended.timestamp() - time.time()
        if self._now and offset > get_offset(self._clock):
            self._set_offset(offset)

    def _read(self, kind: str) -> list[dict[str, Any]]:
        return self._recorded.get(kind) or records.read(self.folder / RECORDS, kind)

    @contextlib.contextmanager
    def _running(self) -> Iterator[subprocess.Popen[bytes]]:
        """The engine's process; it ends when we close its standard input, or end ourselves."""
        with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
            self._port = listener.getsockname()[1]
            log = (self.folder / "engine.log").open("wb")
            with log:
                process = subprocess.Popen(
                    [
                        sys.executable,
                        *CHILD,
                        str(listener.fileno()),
                        str(self.folder),
                        str(self._speed),
                    ],
                    cwd=ROOT,
                    env=self._process_environment(),
                    pass_fds=[listener.fileno()],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C is ours alone
                )
        try:
            yield process
        finally:
            assert process.stdin is not None  # noqa: S101  a pipe, see above
            process.stdin.close()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _process_environment(self) -> dict[str, str]:
        """All that the engine and its Lambda workers inherit: nothing of the person's own."""
        temporary = self.folder / TEMPORARY
        temporary.mkdir()
        environment = (
            self.environment()
            | self.slack.environment(self.folder)
            | {
                "PATH": os.environ.get("PATH", os.defpath),
                "HOME": str(temporary),
                "TMPDIR": str(temporary),
                "STATE_DIR": str(self.folder / "state"),
                "S3_DATA_DIR": str(self.folder / "s3"),
                "LANG": "C.UTF-8",
                "AUTH": str(self._auth).lower(),
                "MINISTACK_ACCOUNT_ID": ACCOUNT,
                "MINISTACK_REGION": REGION,
                "MINISTACK_HOST": "127.0.0.1",
                "GATEWAY_PORT": str(self._port),
                "DOCKER_HOST": f"unix://{self.folder}/no-docker",
                "IOT_MTLS_ENABLED": "0",
                "SFTP_ENABLED": "0",
                "LAMBDA_ASYNC_RETRY_BASE_SECONDS": str(1 / self._speed),
                "LOG_LEVEL": "WARNING",
            }
        )
        if self._now:
            self._set_offset(self._now.timestamp() - time.time())
            environment["LOCAL_CLOCK"] = str(self._clock)
        return environment

    def _wait_until_ready(self) -> None:
        """The first request waits in the socket's queue until the engine serves it."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.endpoint}/_ministack/health", timeout=START_SECONDS):
                pass
        except (OSError, urllib.error.URLError) as error:
            raise EngineFailed(f"the engine did not start: {self._last_words(error)}") from error

    def _last_words(self, error: Exception) -> str:
        lines = (self.folder / "engine.log").read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else str(error)


_CLIENT = Config(
    proxies={},
    retries={"total_max_attempts": 1},
    s3={"addressing_style": "path"},
    connect_timeout=10,
    read_timeout=60,
    max_pool_connections=50,
)
