"""Fixtures of the tests that run the machine."""

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from tests.support.slack import Slack


@pytest.fixture(scope="module", autouse=True)
def moto() -> Iterator[None]:
    config: Any = {
        "stepfunctions": {"execute_state_machine": True},
        "core": {"reset_boto3_session": False},  # it would read every service model anew
    }
    with mock_aws(config=config):
        yield


@pytest.fixture(scope="module")
def slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slack]:
    """Slack's server, which worlds share; the functions reach it as they would the true one."""
    with Slack() as server:
        server.variables = server.environment(tmp_path_factory.mktemp("slack"))
        yield server
