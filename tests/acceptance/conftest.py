import pytest
from rich import box
from rich.console import Console
from rich.table import Table

from embedded.engine import Engine
from tests.acceptance.account import Account, Package

CAME_UP = pytest.StashKey[list[tuple[str, ...]]]()
COLUMNS = ("combination", "resources", "e-mails", "Slack posts", "left after delete")


@pytest.fixture(scope="session")
def package() -> Package:
    return Package.make()


@pytest.fixture
def account(engine: Engine, package: Package) -> Account:
    """As good as new, with the package in it; a module's tests share its engine."""
    return Account(engine, package)


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
