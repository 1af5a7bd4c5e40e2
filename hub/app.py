"""One window."""
