"""Clients that other people wrote, each completing a login against the running server."""
