"""The clock of a run: waits are short, and move it on by what they did not wait."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest

from embedded.clock import (
    LONGEST_SLEEP,
    OUTSIDE_SLEEP,
    Clock,
    LauncherClock,
    get_offset,
    set_offset,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    set_offset(tmp_path / "clock", 0.0)
    return tmp_path / "clock"


@pytest.mark.parametrize(
    ("speed", "seconds", "took"),
    [
        (500, 3600, LONGEST_SLEEP),
        (500, 1, 1 / 500),
        (500, 1800, 3.6),  # for a person to click
        (50, 1800, OUTSIDE_SLEEP),
        (1, 3600, 3600),
        (500, -5, 0),
    ],
)
def test_a_wait_takes_next_to_no_time_and_moves_the_clock_by_the_rest(
    monkeypatch: pytest.MonkeyPatch, path: Path, speed: float, seconds: float, took: float
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("embedded.clock.time.sleep", slept.append)
    record = Clock(speed, path).sleep(seconds)
    assert (slept, record["seconds"], record["took"]) == ([took], max(seconds, 0), took)
    assert record["offset"] == get_offset(path) == pytest.approx(max(seconds, 0), abs=1)
    assert Clock(speed).sleep(seconds)["offset"] == 0  # without a file


def test_a_wait_that_is_held_ends_when_it_is_let_go_and_no_other_is_held(
    monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    launcher, slept = LauncherClock(path), list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 4:
            launcher.hold()
        assert len(slept) < 10, "it is not let go"

    monkeypatch.setattr("embedded.clock.time.sleep", sleep)
    launcher.hold(1800)
    Clock(500, path).sleep(901)
    assert len(slept) == 1
    Clock(500, path).sleep(1800)
    assert len(slept) == 4


def test_waits_at_the_same_time_do_not_add_up(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    both = Barrier(2)
    monkeypatch.setattr("embedded.clock.time.sleep", lambda _seconds: both.wait(30))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(Clock(500, path).sleep, [3600, 3600]))
    assert get_offset(path) == pytest.approx(3600, abs=1)


def test_a_wait_never_puts_the_clock_back(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr("embedded.clock.time.sleep", lambda _seconds: set_offset(path, 7200.0))
    Clock(500, path).sleep(1)
    assert get_offset(path) == 7200


def test_the_launcher_sets_the_clock_and_puts_it_back_only_on_purpose(path: Path) -> None:
    clock, now = LauncherClock(path), datetime.now(UTC)
    for moment, only_ahead, hours in ((1, True, 1), (0, True, 1), (-24, False, -24)):
        clock.set(now + timedelta(hours=moment), only_ahead=only_ahead)
        assert get_offset(path) == pytest.approx(3600 * hours, abs=5)


def test_past_moments_are_told_by_the_clock_of_their_time(path: Path) -> None:
    clock = LauncherClock(path)
    clock.set(datetime.now(UTC) + timedelta(hours=1))
    now = time.time()
    waits = [{"until": now + 10, "offset": 7200.0}, {"until": now + 20, "offset": 10_800.0}]
    moments = [datetime.fromtimestamp(now + seconds, UTC) for seconds in (-60, 1, 11, 21)]
    told = zip(clock.times_of(moments, waits), moments, strict=True)
    ahead = [(shown - moment).total_seconds() for shown, moment in told]
    assert ahead == pytest.approx([0, 3600, 7200, 10_800], abs=1)
