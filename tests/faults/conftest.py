from tests.live.lending import more_settings, provider, running_provider, visitor

__all__ = ["more_settings", "provider", "running_provider", "visitor"]
