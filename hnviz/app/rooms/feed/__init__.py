"""The room Feed: what a network reads, and how."""
