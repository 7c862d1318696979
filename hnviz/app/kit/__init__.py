"""What all pictures and pages share."""
