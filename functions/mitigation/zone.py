"""Time zones by their IANA names; a wrong name gets the ones that it may have meant."""

import difflib
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from mitigation.words import Clock


class UnknownZone(ValueError):  # noqa: N818  named for what it is, like the others
    """A name that the IANA database does not hold; the message lists near ones."""


def find_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownZone(_near(name)) from None


def find_clock(name: str) -> Clock:
    """The Clock for a zone; with a wrong name one that shows UTC, and says what is wrong.

    A message without the reader's own time is worth more than no message.
    """
    try:
        return Clock(find_zone(name))
    except UnknownZone as error:
        return Clock(complaint=f"Shown in UTC alone: {error}")


def _near(name: str) -> str:
    known = {zone.casefold(): zone for zone in available_timezones()}
    cities = {key.rpartition("/")[2]: zone for key, zone in known.items()}
    wanted = name.casefold().replace(" ", "_")
    near = [known[match] for match in difflib.get_close_matches(wanted, known, 3, 0.7)]
    near += [
        cities[m] for m in difflib.get_close_matches(wanted.rpartition("/")[2], cities, 3, 0.8)
    ]
    listed = ", ".join(dict.fromkeys(near)) or "see the IANA time zone names, such as Europe/Berlin"
    return f"time zone {name!r} is not known: {listed}"
