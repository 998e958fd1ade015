"""What holds for every test: no network but this machine's own, nobody's AWS account, no wait."""

import ipaddress
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

# Long enough to let another thread go on, too short to be a wait for something to pass.
LONGEST_SLEEP_SECONDS = 0.3

PROXIES = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}
INTERNET = (socket.AF_INET, socket.AF_INET6)
_environment = pytest.MonkeyPatch()
_sleep = time.sleep
_violations: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    """Before any test module is read: modules make AWS clients when they are imported."""
    for name in [*os.environ]:
        if name.startswith(("AWS_", "BOTO_")) or name.upper() in PROXIES:
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
    for of, name in ((socket.socket, "connect"), (socket.socket, "connect_ex")):
        _guard(of, name, lambda self, address: address[0] if self.family in INTERNET else None)
    _guard(socket, "getaddrinfo", lambda host, *_args, **_kwargs: host)
    _environment.setattr(time, "sleep", _short_sleep)
    config.add_cleanup(_environment.undo)


@pytest.fixture(autouse=True)
def violations() -> Iterator[list[str]]:
    """Fails the test even where the code under test has caught what the ban raised."""
    _violations.clear()
    yield _violations
    assert not _violations, "; ".join(_violations)


def _guard(of: Any, name: str, host_of: Callable[..., Any]) -> None:
    """Lets it be called for hosts that are here."""
    call = getattr(of, name)

    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not _is_here(host := host_of(*args, **kwargs)):
            _forbid(f"a test reached for the network: {host}")
        return call(*args, **kwargs)

    _environment.setattr(of, name, guarded)


def _is_here(host: Any) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in (None, "", "localhost")


def _short_sleep(seconds: float) -> None:
    if seconds > LONGEST_SLEEP_SECONDS and threading.current_thread() is threading.main_thread():
        _forbid(f"a test slept for {seconds} s: use a virtual clock")
    _sleep(seconds)


def _forbid(what: str) -> None:
    _violations.append(what)
    raise AssertionError(what)
