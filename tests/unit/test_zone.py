"""Time zones by name; a wrong one gets the near misses."""

from datetime import UTC, datetime

import pytest

from mitigation.zone import UnknownZone, find_clock, find_zone

MOMENT = datetime(2026, 11, 22, 10, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])
def test_a_name_of_the_iana_database_is_a_zone(name: str) -> None:
    assert str(find_zone(name)) == name


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("Europe/Berln", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("US/New_York", "America/New_York"),
    ],
)
def test_a_wrong_name_gets_the_one_that_was_meant(name: str, near: str) -> None:
    with pytest.raises(UnknownZone, match=f"time zone '{name}' is not known: .*{near}"):
        find_zone(name)


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../../etc/passwd", "Europe", "\0", "/", "x" * 999]
)
def test_a_name_like_no_other_gets_an_example(name: str) -> None:
    with pytest.raises(UnknownZone) as error:
        find_zone(name)
    assert "\n" not in str(error.value)
    assert "is not known: " in str(error.value)


def test_a_clock_with_a_wrong_name_shows_utc_and_says_why() -> None:
    clock = find_clock("Berlin")
    assert clock.show(MOMENT) == "2026-11-22 10:01:07 UTC"
    assert clock.complaint == ("Shown in UTC alone: time zone 'Berlin' is not known: Europe/Berlin")


def test_a_clock_with_a_right_name_has_nothing_to_complain_about() -> None:
    assert find_clock("Europe/Berlin").complaint is None
