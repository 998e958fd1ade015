import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from botocore.loaders import create_loader
from moto import mock_aws

from ops import queue, replay
from tests.support.fake_stack import DELIVERED, LETTERS, STACK, STARTS, FakeStack, served

LOADER = create_loader()  # the service models, read once instead of once for each boto3 session


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An operator's environment: a region, and a configuration of the test's own."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """As in a terminal, whoever runs the tests: a script's `&` has Ctrl-C ignored."""
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in previous.items():
        signal.signal(number, handler)


@pytest.fixture
def fake_stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStack]:
    """In an account of moto's; its outputs and functions are the test's to give."""
    monkeypatch.setattr("botocore.session.create_loader", lambda _path=None: LOADER)
    fake = FakeStack()
    with mock_aws(), served(fake) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", address)
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", address)
        yield fake


@pytest.fixture
def stack(fake_stack: FakeStack, monkeypatch: pytest.MonkeyPatch) -> FakeStack:
    """With empty queues, where every delivery works."""
    monkeypatch.setattr(queue, "POLL_SECONDS", 0)  # moto's queue has no other servers to ask
    names = {"NotifyFunctionName": "notify", "StartWatchFunctionName": "start-watch"}
    create = boto3.client("sqs").create_queue
    queues = {name: create(QueueName=name)["QueueUrl"] for name in (LETTERS, STARTS)}
    fake_stack.outputs = {**names, **queues}
    fake_stack.parameters = {"TimeZone": "Europe/Berlin", "AccountAlias": "plant-7"}
    fake_stack.functions = {
        "notify": lambda _: DELIVERED,
        "start-watch": lambda _: {"tasksSeen": 1},
    }
    return fake_stack


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """All that a run prints; it has to end with this code."""

    def run(*arguments: str, code: int = 0) -> str:
        assert replay.main(["--stack-name", STACK, *arguments]) == code
        told = capsys.readouterr()
        return told.out if code < 2 else told.err

    return run
