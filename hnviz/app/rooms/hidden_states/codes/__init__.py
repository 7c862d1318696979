"""What each unit codes: units x labels, and the picked unit over the words."""
