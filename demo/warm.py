"""Import the provider once, before gunicorn forks: its workers start sooner and share the memory.

Only imports: the application, and with it the database engine, is still each worker's own.
"""

from demo import provider

__all__ = ["provider"]
