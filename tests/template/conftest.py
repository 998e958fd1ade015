import pytest
from rich import box
from rich.console import Console
from rich.table import Table

from tests.support.product import Product

CATCHES = pytest.StashKey[list[tuple[str, str, str]]]()


@pytest.fixture(scope="session")
def product() -> Product:
    return Product.load()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[CATCHES] = []


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    catches = config.stash[CATCHES]
    if not catches:
        return
    table = Table("planted mistake", "caught by", "which says", box=box.SIMPLE)
    for mistake, gate, said in catches:
        table.add_row(mistake, gate.replace("_", " "), said)
    caught = sum(bool(gate) for _, gate, _ in catches)
    terminalreporter.section(f"planted mistakes: {caught} of {len(catches)} caught")
    Console(file=terminalreporter._tw._file, width=160, markup=False, emoji=False).print(table)
