"""What a hub's sweep of many members takes and costs: the real handler, on calls that take time."""

import importlib
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

from botocore.client import BaseClient

from bench import polling as p
from bench.artifact import timeout_seconds
from bench.page import table
from tests.support.functions import Context
from tests.support.product import REGION, Product
from tests.support.stack import Stack

ACCOUNTS, REGIONS = 50, 4
CALL_SECONDS = 0.1  # what a call is taken to need
SWEEPS_A_MONTH = 30 * 24 * 60 // 5
# List prices of us-east-1 a month, in dollars, without any free tier but that of dashboards.
KEY, ALARM, DASHBOARD, SECRET = 1.0, 0.1, 3.0, 0.4
FREE_DASHBOARDS = 3  # of an account
_PARAMETERS = {
    "MemberAccounts": ",".join(f"{n:012}" for n in range(ACCOUNTS)),
    "MemberRegions": "eu-west-1,eu-central-1,us-east-1,us-west-2",
}


@dataclass(frozen=True, slots=True)
class Sweep:
    calls: Counter[str]  # by operation
    seconds: float
    most_of_one: int  # calls of one operation that one member got


def sweep(call_seconds: float = CALL_SECONDS) -> Sweep:
    calls: Counter[str] = Counter()
    by_member: Counter[object] = Counter()
    counting = threading.Lock()

    def call(client: Any, operation: str, _parameters: object) -> object:
        time.sleep(call_seconds)
        key = client._request_signer._credentials.access_key
        with counting:
            calls[operation] += 1
            by_member[(operation, key, client.meta.region_name)] += operation[:4] == "List"
        account = _parameters.get("RoleArn", "") if isinstance(_parameters, dict) else ""
        given = dict.fromkeys(("AccessKeyId", "SecretAccessKey", "SessionToken"), account)
        made = datetime.now(UTC) - timedelta(days=1)
        return {"Credentials": given, "creationDate": made, "tasks": []}

    names = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "bench")
    names |= dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), REGION)
    environment = names | Stack(_PARAMETERS, {}).environment("SweepFunction")
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
    found, members = sweep(), ACCOUNTS * REGIONS
    calls = Counter({name[:4]: 0 for name in found.calls})
    for name, number in found.calls.items():
        calls[name[:4]] += number
    hub = stack_dollars()[0] + _sweeps_dollars(found.seconds)
    trailed = SWEEPS_A_MONTH * (calls["Assu"] + calls["List"])
    rows = {
        "calls of a sweep": f"{found.calls.total():,}",
        "of them AssumeRole": f"{calls['Assu']:,}",
        "of them lists, of which a member gets each once": f"{calls['List']:,}",
        f"seconds that it takes, of its {timeout_seconds('sweep')}": f"{found.seconds:.0f}",
        f"dollars a month for {members} stacks, without any task": f"{_single_dollars():,.0f}",
        f"dollars a month for a hub and {members} members": f"{hub:,.2f}",
        "of them for sweeping": f"{_sweeps_dollars(found.seconds):,.2f}",
        "millions of management events a month in CloudTrail": f"{trailed / 1e6:.1f}",
    }
    return {"members": table([f"{ACCOUNTS} accounts in {REGIONS} regions", ""], rows.items())}


def stack_dollars() -> tuple[float, float]:
    """What a stack with Slack costs a month without any task: with its dashboard, and without."""
    resources = Product.load().template["Resources"].values()
    types = Counter(resource["Type"] for resource in resources)
    rest = KEY + SECRET + ALARM * types["AWS::CloudWatch::Alarm"]
    return rest + DASHBOARD * types["AWS::CloudWatch::Dashboard"], rest


def _single_dollars() -> float:
    """A stack in each region of each account."""
    shown, rest = stack_dollars()
    paid = max(REGIONS - FREE_DASHBOARDS, 0)
    return ACCOUNTS * (paid * shown + (REGIONS - paid) * rest)


def _sweeps_dollars(seconds: float) -> float:
    """The hub's sweeps of a month, at 512 MB."""
    return SWEEPS_A_MONTH * (seconds * 0.5 * p.GB_SECOND + p.REQUEST)
