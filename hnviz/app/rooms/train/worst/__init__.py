"""Where the words of one kind cost most."""
