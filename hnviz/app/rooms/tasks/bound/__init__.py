"""The best accuracy by context."""
