"""Hostile input for every reader: ``make fuzz``. tests/test_fuzz.py tries a few of each."""
