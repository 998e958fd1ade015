"""The clock of a run: waits are short, and move it on by what they did not wait."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest

from embedded.clock import LONGEST_SLEEP, Clock, LauncherClock, get_offset, set_offset


@pytest.fixture
def path(tmp_path: Path) -> Path:
    set_offset(tmp_path / "clock", 0.0)
    return tmp_path / "clock"


def test_a_wait_moves_the_clock_by_what_it_did_not_take(path: Path) -> None:
    before = time.time()
    record = Clock(500, path).sleep(3600)
    assert record["seconds"] == 3600
    assert record["took"] == LONGEST_SLEEP
    assert time.time() + get_offset(path) - before >= 3600
    assert record["offset"] == get_offset(path) == pytest.approx(3600, abs=1)


def test_waits_at_the_same_time_do_not_add_up(path: Path) -> None:
    clock = Clock(500, path)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(clock.sleep, [3600, 3600]))
    assert get_offset(path) == pytest.approx(3600, abs=1)


def test_the_clock_never_goes_back(path: Path) -> None:
    set_offset(path, 7200.0)
    Clock(500, path).sleep(1)
    assert get_offset(path) > 7200


def test_a_wait_of_nothing_changes_nothing(path: Path) -> None:
    assert Clock(500, path).sleep(-5)["seconds"] == 0
    assert get_offset(path) == 0


def test_without_speed_a_wait_is_a_wait() -> None:
    assert Clock(1).sleep(0.05)["took"] == 0.05


def test_a_wait_for_a_person_is_long_enough_for_a_click(path: Path) -> None:
    with mock.patch("time.sleep") as sleep:
        Clock(500, path).sleep(1800)
    assert sleep.call_args.args[0] > 1


def test_without_a_file_waits_are_only_shortened() -> None:
    assert Clock(500).sleep(3600) | {"until": 0} == {
        "seconds": 3600,
        "took": LONGEST_SLEEP,
        "offset": 0,
        "until": 0,
    }


def test_the_launcher_sets_the_clock_to_a_moment(path: Path) -> None:
    then = datetime(2020, 2, 29, 23, 59, tzinfo=UTC)
    clock = LauncherClock(path)
    clock.set(then)
    assert time.time() + get_offset(path) == pytest.approx(then.timestamp(), abs=1)


def test_the_clock_catches_up_but_is_not_put_back(path: Path) -> None:
    clock = LauncherClock(path)
    now = datetime.now(UTC)
    clock.set(now + timedelta(hours=1), only_ahead=True)
    assert get_offset(path) == pytest.approx(3600, abs=1)
    clock.set(now, only_ahead=True)
    assert get_offset(path) == pytest.approx(3600, abs=1)


def test_past_moments_are_told_by_the_clock_of_their_time(path: Path) -> None:
    clock = LauncherClock(path)
    start = datetime.now(UTC)
    clock.set(start + timedelta(hours=1))
    now = datetime.now(UTC)
    waits = [
        {"until": (now + timedelta(seconds=s)).timestamp(), "offset": offset}
        for s, offset in ((10, 7200.0), (20, 10_800.0))
    ]
    moments = [now + timedelta(seconds=seconds) for seconds in (-60, 1, 11, 21)]
    ahead = [
        (told - moment).total_seconds()
        for told, moment in zip(clock.times_of(moments, waits), moments, strict=True)
    ]
    assert ahead == pytest.approx([0, 3600, 7200, 10_800], abs=1)
