"""Whether a run reached what was possible, and why not."""
