"""Good Day Café, demo: a merchant's till, `/ → /login → /callback → /receipt → /next`."""
