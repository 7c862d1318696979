"""Questions about a snapshot, their parameters and answers. Never loads torch."""
