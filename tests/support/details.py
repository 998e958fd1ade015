"""Details of action executions for tests."""

from typing import Any

from mitigation.causes import Details, Row, Tally


def row(status: str | None = "FAILED", **members: Any) -> Row:
    """One action execution with no more than the test is about."""
    known: dict[str, Any] = dict.fromkeys(Row.__slots__) | {"status": status} | members
    return Row(**known)


def fold(*rows: Row, cut: bool = False, error: str | None = None) -> Details:
    tally = Tally()
    tally.add(rows)
    return tally.details(cut=cut, error=error)
