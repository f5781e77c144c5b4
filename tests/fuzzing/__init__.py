"""Bytes of strangers for every parser: a saved corpus, a few seconds a run, minutes by hand."""
