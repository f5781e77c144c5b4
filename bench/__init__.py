"""Measure what a sign-in costs: CPU time of the server and its database, waiting time, statements.

`make bench` → `__main__` (options) → `measure` (what is run, how often) → `servers` and `city`
(a real server, a seeded database) → `load` (members knocking, in processes of their own, walking
the `flows` over `wire`) → `report`. `cpu` reads the bill from /proc. docs/performance.md explains.
"""
