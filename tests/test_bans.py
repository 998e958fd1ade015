"""What conftest.py forbids is forbidden; each test takes back what it did wrong on purpose."""

import socket
import time

import boto3
import pytest
from botocore.exceptions import NoRegionError


def test_a_test_that_reaches_for_the_network_or_waits_fails(violations: list[str]) -> None:
    with socket.socket() as client:
        for wrong in (
            lambda: client.connect(("192.0.2.1", 80)),
            lambda: client.connect_ex(("192.0.2.1", 80)),
            lambda: socket.getaddrinfo("example.com", 443),
            lambda: time.sleep(1),
        ):
            with pytest.raises(AssertionError, match=r"192\.0\.2\.1|example\.com|virtual clock"):
                wrong()
            assert violations.pop()


def test_nobodys_region_and_keys_are_used() -> None:
    with pytest.raises(NoRegionError):
        boto3.client("sns")
    credentials = boto3.Session().get_credentials()
    assert credentials is not None
    assert credentials.access_key == "none"
