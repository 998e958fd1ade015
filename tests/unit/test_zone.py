"""Time zones by name; a wrong one gets the near misses."""

from datetime import UTC, datetime

import pytest

from mitigation.zone import UnknownZone, find_clock, find_zone

AN_EXAMPLE = "see the IANA time zone names, such as Europe/Berlin"


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])
def test_a_name_of_the_iana_database_is_a_zone(name: str) -> None:
    assert str(find_zone(name)) == name
    assert find_clock(name).complaint is None


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin, Europe/Dublin, Europe/Helsinki"),
        ("New York", "America/New_York"),
        ("US/New_York", "America/New_York"),
        ("San Juan", "America/Argentina/San_Juan"),
        ("Deutschland/Berlin", "Europe/Berlin"),
        ("Zulu time", AN_EXAMPLE),
        (
            "Argentina/Buenos_Aires",
            "America/Argentina/Buenos_Aires, America/Buenos_Aires",
        ),
        *((name, AN_EXAMPLE) for name in ("", "Mars/Olympus", "../../etc/passwd", "\0", "/")),
    ],
)
def test_a_wrong_name_gets_the_ones_that_may_have_been_meant(name: str, near: str) -> None:
    with pytest.raises(UnknownZone) as error:
        find_zone(name)
    assert str(error.value) == f"time zone {name!r} is not known: {near}"


def test_a_clock_with_a_wrong_name_shows_utc_and_says_why() -> None:
    clock = find_clock("Berlin")
    assert clock.show(datetime(2026, 11, 22, 10, tzinfo=UTC)) == "2026-11-22 10:00:00 UTC"
    assert clock.complaint == "Shown in UTC alone: time zone 'Berlin' is not known: Europe/Berlin"
