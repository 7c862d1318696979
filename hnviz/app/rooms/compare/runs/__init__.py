"""The list from which runs are chosen, renamed, pinned and deleted."""
