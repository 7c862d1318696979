"""The line under the run picker: what the run is, and how far it has come."""
