"""Measure what a sign-in costs: CPU time of the server and its database, waiting time, statements.

`make bench` → `__main__` (options) → `measure` (what is run, how often) → `servers`, `seeding` and
`history` (a real server, a database full of people and their past) → `load` (starts a `generator`
or two, whose visitors walk the `flows` over the `wire`) → `report`. `cpu` reads the bill from
/proc, `statements` counts once in process, `parts` times what is smaller than a request.
docs/performance.md explains the numbers.
"""
