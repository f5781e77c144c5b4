"""The operator's command, on both engines."""
