"""The table of epochs, beside the notebook's."""
