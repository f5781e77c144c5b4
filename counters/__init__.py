"""Help at the desk: counters and what they may do, clerks, cases (regulation 4, 5, 7)."""
