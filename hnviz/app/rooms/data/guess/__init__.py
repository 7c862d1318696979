"""Next-word prediction on one line of text, step by step."""
