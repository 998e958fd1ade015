from tests.support.fixtures import server, slack

__all__ = ["server", "slack"]
