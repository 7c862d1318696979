"""The Class page: the teacher's code, who is here, what they guessed, and their runs."""
