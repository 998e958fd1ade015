"""Starts and ends the embedded AWS: the engine in a process of its own, the fakes in this one."""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from embedded import records
from embedded.child import RECORDS
from embedded.clock import LauncherClock, get_offset
from embedded.fake_iot import FakeIot
from embedded.fake_slack import FakeSlack
from embedded.iot_roles import by_the_roles_of
from embedded.places import HOME, Place
from embedded.process import engine_process
from embedded.running import Running
from embedded.scenario import Scenario, SlackAnswer, SlackAppAnswer
from embedded.slack_workspace import Workspace

ACCOUNT, REGION = HOME

# boto3 in this process must not see the AWS profile of whoever runs it.
_NO_PROFILE: dict[str, Any] = {
    "profile": (None, [], None, None),
    "config_file": (None, [], os.devnull, None),
    "credentials_file": (None, [], os.devnull, None),
}


class Engine(Running):
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
        slack_app: Mapping[str, Sequence[SlackAppAnswer]] | None = None,
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
            now=lambda: datetime.fromtimestamp(self.run_time(), UTC),
            account_of=self._account_of,
        )
        self.slack = FakeSlack(slack, slack_app, Workspace(clock=self.run_time))
        self._now = now
        self._speed = speed
        self._auth = auth
        self._accounts: dict[str, str] = {}  # by access key
        self._recorded: dict[str, list[dict[str, Any]]] = {}

    def _enter(self, running: ExitStack) -> None:
        temporary = tempfile.TemporaryDirectory(prefix="local-aws-", ignore_cleanup_errors=True)
        self.folder = Path(running.enter_context(temporary))
        if self._auth:
            self.iot.check = by_the_roles_of(lambda: self.endpoint)
        running.enter_context(self.iot)
        running.enter_context(self.slack)
        self._clock = LauncherClock(self.folder / "clock")
        running.enter_context(engine_process(self.folder, self._speed, self._process_environment))
        running.callback(self._keep_records)

    def _keep_records(self) -> None:
        """They can be read when all has ended, too."""
        with contextlib.suppress(OSError):
            self._recorded = {kind: self._read(kind) for kind in ("sns", "email", "wait")}

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

    def client(
        self, service: str, place: Place = HOME, credentials: Mapping[str, str] | None = None
    ) -> Any:
        """A boto3 client of this engine, of the fake for `iot`, in that account and region.

        Its root's, or with the `credentials` that STS gave.
        """
        given = credentials or {"AccessKeyId": place.account, "SecretAccessKey": "test"}
        url = self.iot.url if service == "iot" else self.endpoint
        make: Any = self._session.client  # its stubs want the name as a literal
        return make(
            service,
            endpoint_url=url,
            config=_CLIENT,
            region_name=place.region,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given.get("SessionToken"),
        )

    def times_of(self, moments: Iterable[datetime]) -> list[datetime]:
        """What the functions' clock showed at real moments."""
        return self._clock.times_of(moments, self.waits)

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
        return boto3.Session(botocore_session=bare)

    def _account_of(self, key: str) -> str:
        if key not in self._accounts:
            self._accounts[key] = (
                key
                if key.isdigit()
                else str(self.client("sts").get_access_key_info(AccessKeyId=key)["Account"])
            )
        return self._accounts[key]

    def run_time(self) -> float:
        """What the functions' clock shows, in seconds since 1970."""
        return time.time() + (get_offset(self._clock.path) if self._now else 0)

    def hold(self, *seconds: int) -> None:
        """Waits of these lengths do not end for now, see clock.py; without any all end again."""
        self._clock.hold(*seconds)

    def _catch_up(self, ended: datetime) -> None:
        """Nobody is told of an end that lies in the future: the waits were too short for it."""
        if self._now:
            self._clock.set(ended, only_ahead=True)

    def _read(self, kind: str) -> list[dict[str, Any]]:
        return self._recorded.get(kind) or records.read(self.folder / RECORDS, kind)

    def _process_environment(self, port: int) -> dict[str, str]:
        self._port = port
        environment = self.environment() | self.slack.environment(self.folder)
        if self._now:
            self._clock.set(self._now)
            environment["LOCAL_CLOCK"] = str(self._clock.path)
        return {
            **environment,
            "AUTH": str(self._auth).lower(),
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            "LAMBDA_ASYNC_RETRY_BASE_SECONDS": str(1 / self._speed),
        }


_CLIENT = Config(
    proxies={},
    retries={"total_max_attempts": 1},
    s3={"addressing_style": "path"},
    connect_timeout=10,
    read_timeout=60,
    max_pool_connections=50,
)
