"""The accuracy of a run on a task, below its ceiling."""
