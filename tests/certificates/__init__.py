"""Certificates: a synthetic authority like the government's, and every way to be refused by it."""
