"""Loss and accuracy, growing while the run trains."""
