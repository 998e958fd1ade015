"""What a hub's sweep of many members takes and costs: the real handler, on calls that take time."""

import importlib
import os
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from unittest import mock

from botocore.client import BaseClient

from bench import polling as p
from bench.artifact import timeout_seconds
from bench.page import table
from tests.support.functions import Context
from tests.support.product import REGION
from tests.support.stack import Stack, product

ACCOUNTS, REGIONS = 50, ("eu-west-1", "eu-central-1", "us-east-1", "us-west-2")
CALL_SECONDS = 0.1  # what a call is taken to need
SWEEPS_A_MONTH = 30 * 24 * 60 // 5
# List prices of us-east-1 a month, in dollars, without any free tier but that of dashboards.
KEY, ALARM, DASHBOARD, SECRET = 1.0, 0.1, 3.0, 0.4
FREE_DASHBOARDS = 3  # of an account


class Sweep(NamedTuple):
    calls: Counter[str]  # by operation
    seconds: float
    most_of_one: int  # calls of one operation that one member got


def sweep(call_seconds: float = CALL_SECONDS) -> Sweep:
    calls: Counter[str] = Counter()
    by_member: Counter[object] = Counter()
    counting = threading.Lock()

    def call(client: Any, operation: str, parameters: Any) -> object:
        time.sleep(call_seconds)
        key = client._request_signer._credentials.access_key
        with counting:
            calls[operation] += 1
            by_member[(operation, key, client.meta.region_name)] += operation[:4] == "List"
        account = parameters.get("RoleArn", "")
        given = dict.fromkeys(("AccessKeyId", "SecretAccessKey", "SessionToken"), account)
        made = datetime.now(UTC) - timedelta(days=1)
        return {"Credentials": given, "creationDate": made, "tasks": []}

    accounts = ",".join(f"{n:012}" for n in range(ACCOUNTS))
    members = {"MemberAccounts": accounts, "MemberRegions": ",".join(REGIONS)}
    environment = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "bench")
    environment |= dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), REGION)
    environment |= Stack(members, {}).environment("SweepFunction")
    with (
        mock.patch.dict(os.environ, environment),
        mock.patch.object(BaseClient, "_make_api_call", call),
    ):
        handler: Any = importlib.import_module("sweep")
        began = time.monotonic()
        handler.handler({}, Context("bench", "bench"))
        seconds = time.monotonic() - began
    return Sweep(calls, seconds, max(by_member.values()))


def tables() -> dict[str, str]:
    found, members = sweep(), ACCOUNTS * len(REGIONS)
    calls = found.calls.total() - found.calls["DescribeStateMachine"]
    sweeping = SWEEPS_A_MONTH * (found.seconds * 0.5 * p.GB_SECOND + p.REQUEST)  # at 512 MB
    trailed = SWEEPS_A_MONTH * calls
    types = Counter(each["Type"] for each in product().template["Resources"].values())
    bare = KEY + SECRET + ALARM * types["AWS::CloudWatch::Alarm"]
    paid = ACCOUNTS * max(len(REGIONS) - FREE_DASHBOARDS, 0)  # dashboards, of so many stacks
    rows = {
        "calls of a sweep": f"{found.calls.total():,}",
        "of them AssumeRole": f"{found.calls['AssumeRole']:,}",
        "of them lists, of which a member gets each once": f"{calls - found.calls['AssumeRole']:,}",
        f"seconds that it takes, of its {timeout_seconds('sweep')}": f"{found.seconds:.0f}",
        f"dollars a month for {members} stacks, without any task": (
            f"{members * bare + paid * DASHBOARD:,.0f}"
        ),
        f"dollars a month for a hub and {members} members": f"{bare + DASHBOARD + sweeping:,.2f}",
        "of them for sweeping": f"{sweeping:,.2f}",
        "millions of management events a month in CloudTrail": f"{trailed / 1e6:.1f}",
    }
    return {"members": table([f"{ACCOUNTS} accounts in {len(REGIONS)} regions", ""], rows.items())}
