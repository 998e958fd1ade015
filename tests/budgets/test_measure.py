"""The measuring itself: that it measures, and that what does not run is not measured."""

from pathlib import Path

import pytest

from bench import measure
from bench.artifact import link_runtime
from bench.measure import Child, ChildFailed, compare


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    package = tmp_path / "package"
    package.mkdir()
    (package / "twice.py").write_text(
        "import boto3\nfor _ in range(2):\n    boto3.session.Session().client('iot')\n"
    )
    (package / "sulking.py").write_text(
        "def handler(event, context):\n    return {'delivered': False}\n"
    )
    return [str(package), str(link_runtime(tmp_path / "runtime"))]


def child(paths: list[str], **asked: object) -> Child:
    environment = {"AWS_DEFAULT_REGION": "eu-west-1", "PATH": ""}
    return Child({"paths": paths, **asked}, environment)


def test_without_valgrind_nothing_is_counted(
    paths: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "valgrind", lambda: None)
    with pytest.raises(ChildFailed, match="install it"):
        compare(child(paths), {"twice": child(paths, module="twice")})


def test_a_function_that_crashes_is_not_measured(paths: list[str]) -> None:
    with pytest.raises(ChildFailed, match="No module named 'nowhere'"):
        child(paths, module="nowhere").run()


def test_a_function_that_does_not_get_through_is_not_measured(paths: list[str]) -> None:
    with pytest.raises(ChildFailed, match="sulking did not get through"):
        child(paths, module="sulking", event={}).run()


def test_an_invocation_tells_its_modules_and_its_memory(paths: list[str]) -> None:
    told, _ = child(paths).run()
    assert told["modules"]["botocore.client"] > 10_000
    told, _ = child(paths, module="twice").run()
    assert "twice" in told["modules"]
    assert told["peak"] > 10_000_000
