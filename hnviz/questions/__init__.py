"""What can be asked about a snapshot: the questions, their parameters, the answers. No torch."""
