"""The terms that a page uses, each explained in place."""
