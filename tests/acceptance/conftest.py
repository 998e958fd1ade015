import pytest
from rich import box
from rich.console import Console
from rich.table import Table

CAME_UP = pytest.StashKey[list[tuple[str, ...]]]()
COLUMNS = ("combination", "resources", "e-mails", "Slack posts", "left after delete")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[CAME_UP] = []


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    rows = config.stash[CAME_UP]
    if rows:
        table = Table(*COLUMNS, box=box.SIMPLE)
        for row in rows:
            table.add_row(*row)
        terminalreporter.section("what came up")
        Console(file=terminalreporter._tw._file, width=100, markup=False, emoji=False).print(table)
