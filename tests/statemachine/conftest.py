from tests.support.fixtures import moto, slack

__all__ = ["moto", "slack"]
