"""What holds for every test: no network but this machine's own, nobody's AWS account, no wait."""

import ipaddress
import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

# Long enough to let another thread go on, too short to be a wait for something to pass.
LONGEST_SLEEP_SECONDS = 0.3

_environment = pytest.MonkeyPatch()
_sleep = time.sleep
_violations: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    """Before any test module is read: modules make AWS clients when they are imported."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "BOTO_"))]:
        _environment.delenv(name)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
    }.items():
        _environment.setenv(name, value)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        _environment.delenv(name, raising=False)
        _environment.delenv(name.lower(), raising=False)
    _ban_network()
    _environment.setattr(time, "sleep", _short_sleep)
    config.add_cleanup(_environment.undo)


@pytest.fixture(autouse=True)
def violations() -> Iterator[list[str]]:
    """Fails the test even where the code under test has caught what the ban raised."""
    _violations.clear()
    yield _violations
    assert not _violations, "; ".join(_violations)


def _ban_network() -> None:
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex
    getaddrinfo = socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _check(self.family, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _check(self.family, address)
        return connect_ex(self, address)

    def guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        _check(socket.AF_INET, (host,))
        return getaddrinfo(host, *args, **kwargs)

    _environment.setattr(socket.socket, "connect", guarded_connect)
    _environment.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    _environment.setattr(socket, "getaddrinfo", guarded_getaddrinfo)


def _check(family: int, address: Any) -> None:
    if family in (socket.AF_INET, socket.AF_INET6) and not _is_here(address[0]):
        _forbid(f"a test reached for the network: {address[0]}")


def _is_here(host: Any) -> bool:
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _short_sleep(seconds: float) -> None:
    if seconds > LONGEST_SLEEP_SECONDS and threading.current_thread() is threading.main_thread():
        _forbid(f"a test slept for {seconds} s: use a virtual clock")
    _sleep(seconds)


def _forbid(what: str) -> None:
    _violations.append(what)
    raise AssertionError(what)
