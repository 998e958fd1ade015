from tests.support.fixtures import moto, server, slack

__all__ = ["moto", "server", "slack"]
