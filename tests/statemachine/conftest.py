import pytest

from embedded.scenario import TaskType
from tests.support.fixtures import moto, server, slack

__all__ = ["moto", "server", "slack"]


@pytest.fixture(params=["detect", "audit"])
def task_type(request: pytest.FixtureRequest) -> TaskType:
    chosen: TaskType = request.param
    return chosen
