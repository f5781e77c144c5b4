"""Measure what a sign-in costs: CPU time of the server and its database, waiting time, statements.

`make bench` → `__main__` (options) → `measure` (what is run, how often) → `stores`, `servers`,
`seeding` and `history` (a database full of people and their past, a real server) → `load` (starts
a `generator` or two, whose visitors walk the `flows` over the `wire`) → `report`. `cpu` reads the
bill from /proc, `statements` counts once in process, `parts` times what is smaller than a request.
docs/performance.md explains the numbers.
"""
