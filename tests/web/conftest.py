from tests.flows.provider import application, city, key_rows

__all__ = ["application", "city", "key_rows"]
