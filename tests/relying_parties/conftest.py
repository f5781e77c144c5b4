from tests.live.lending import provider, running_provider, visitor

__all__ = ["provider", "running_provider", "visitor"]
