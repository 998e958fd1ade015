"""The embedded AWS does what AWS does, where ministack alone would not, and is ours alone."""

import io
import json
import socket
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest

from embedded.clock import Clock, LauncherClock, get_offset, set_offset
from embedded.deploy import create
from embedded.engine import Engine
from embedded.mends import check
from embedded.process import EngineFailed

PRIVATE = {"MY_SECRET": "nobody's business", "AWS_PROFILE": "production", "HTTP_PROXY": "http://x"}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with pytest.MonkeyPatch.context() as environment:
        for name, value in PRIVATE.items():
            environment.setenv(name, value)
        with Engine() as engine:
            yield engine


@pytest.mark.slow
def test_nothing_of_the_person_who_runs_it_reaches_a_function(engine: Engine) -> None:
    archive, functions = io.BytesIO(), engine.client("lambda")
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("look.py", "import os\ndef handler(*_): return sorted(os.environ)")
    functions.create_function(
        FunctionName="look",
        Handler="look.handler",
        Runtime="python3.13",
        Role="arn:aws:iam::123456789012:role/any",
        Code={"ZipFile": archive.getvalue()},
    )
    environment = json.loads(functions.invoke(FunctionName="look")["Payload"].read())
    assert {"HTTPS_PROXY", "SSL_CERT_FILE", "AWS_ENDPOINT_URL_IOT"} <= set(environment)
    assert not PRIVATE.keys() & set(environment)


@pytest.mark.slow
def test_nobody_can_reach_the_engine_from_elsewhere(engine: Engine) -> None:
    port = int(engine.endpoint.rpartition(":")[2])
    with pytest.raises(OSError, match=r"refused|unreachable|requested address"):
        socket.create_connection(("127.0.0.2", port), timeout=5)


@pytest.mark.slow
def test_what_sns_refuses_is_refused_and_not_sent(engine: Engine) -> None:
    sns = engine.client("sns")
    topic = sns.create_topic(Name="any")["TopicArn"]
    with pytest.raises(sns.exceptions.InvalidParameterException, match="parameter: Subject"):
        sns.publish(TopicArn=topic, Subject="x" * 100, Message="too long a subject")
    assert engine.sns == []


@pytest.mark.slow
def test_a_broken_template_is_told_by_its_resource(engine: Engine) -> None:
    bad = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 99999}}
    body = {"TemplateBody": json.dumps({"Resources": {"Bad": bad}})}
    with pytest.raises(EngineFailed, match=r"deploy failed: .*Bad"):
        create(engine.client("cloudformation"), "bad", body, {})


def test_an_engine_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedded.process.CHILD", ("-c", "raise SystemExit('a mend moved')"))
    with pytest.raises(EngineFailed, match="the engine did not start: a mend moved"), Engine():
        pass


def test_mends_are_for_one_version_of_ministack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "MENDED_VERSION", "1.5.32")
    with pytest.raises(check.MendFailed, match=r"written for ministack 1\.5\.32, but 1\.5\.33 is"):
        check.expect_version()


def test_waits_at_the_same_time_do_not_add_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    set_offset(path := tmp_path / "clock", 0.0)
    both = Barrier(2)
    monkeypatch.setattr("embedded.clock.time.sleep", lambda _seconds: both.wait(30))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(Clock(500, path).sleep, [3600, 3600]))
    assert get_offset(path) == pytest.approx(3600, abs=1)


def test_past_moments_are_told_by_the_clock_of_their_time(tmp_path: Path) -> None:
    clock, now = LauncherClock(tmp_path / "clock"), time.time()
    clock.set(datetime.now(UTC) + timedelta(hours=1))
    waits = [{"until": now + 10, "offset": 7200.0}, {"until": now + 20, "offset": 10_800.0}]
    moments = [datetime.fromtimestamp(now + seconds, UTC) for seconds in (-60, 1, 11, 21)]
    told = zip(clock.times_of(moments, waits), moments, strict=True)
    ahead = [(shown - moment).total_seconds() for shown, moment in told]
    assert ahead == pytest.approx([0, 3600, 7200, 10_800], abs=1)
