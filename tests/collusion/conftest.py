from tests.flows.provider import application, city, key_rows, opened_keys

__all__ = ["application", "city", "key_rows", "opened_keys"]
