from tests.support.fixtures import slack

__all__ = ["slack"]
