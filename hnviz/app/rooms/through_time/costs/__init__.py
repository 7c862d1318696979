"""What going back through time costs on this machine: milliseconds and megabytes against bptt."""
