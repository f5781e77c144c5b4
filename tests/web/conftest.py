from tests.flows.provider import application, city, key_rows, opened_keys
from tests.web.tills import shop

__all__ = ["application", "city", "key_rows", "opened_keys", "shop"]
