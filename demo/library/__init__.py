"""Taipei Public Library, demo: an agency's site, `/ → /login → /callback → /card → /logout`."""
