"""The line that says what the app trains on."""
