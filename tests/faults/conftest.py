from tests.support.fixtures import moto, server

__all__ = ["moto", "server"]
