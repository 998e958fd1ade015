import signal
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.loaders import Loader, create_loader
from moto import mock_aws

from ops import queue
from tests.support.fake_stack import DELIVERED, REGION, FakeStack, served


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An operator's environment: a region, and a configuration of the test's own."""
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
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


@pytest.fixture(scope="session")
def loader() -> Loader:
    """The service models, read once for all tests instead of once for each boto3 session."""
    return create_loader()


@pytest.fixture
def stack(loader: Loader, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStack]:
    """A deployed stack with empty queues, where every delivery works."""
    monkeypatch.setattr("botocore.session.create_loader", lambda _path=None: loader)
    monkeypatch.setattr(queue, "POLL_SECONDS", 0)  # moto's queue has no other servers to ask
    with mock_aws():
        sqs = boto3.client("sqs")
        fake = FakeStack(
            outputs={
                "DeadLetterQueueUrl": sqs.create_queue(QueueName="dead-letters")["QueueUrl"],
                "StartFailuresQueueUrl": sqs.create_queue(QueueName="start-failures")["QueueUrl"],
                "NotifyFunctionName": "notify",
                "StartWatchFunctionName": "start-watch",
            },
            parameters={"TimeZone": "Europe/Berlin", "AccountAlias": "plant-7", "AmazonQ": "false"},
            functions={
                "notify": lambda _: DELIVERED,
                "start-watch": lambda _: {"tasksSeen": 1},
            },
        )
        with served(fake) as address:
            monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", address)
            monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", address)
            yield fake
