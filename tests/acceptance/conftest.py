import pytest

from embedded.engine import Engine
from tests.acceptance.account import Account, Package


@pytest.fixture(scope="session")
def package() -> Package:
    return Package.make()


@pytest.fixture
def account(engine: Engine, package: Package) -> Account:
    """As good as new, with the package in it; a module's tests share its engine."""
    return Account(engine, package)
