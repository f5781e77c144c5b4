"""The revisions, oldest first; a landed one is never edited."""
