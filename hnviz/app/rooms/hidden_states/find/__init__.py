"""Find it elsewhere: where in the whole text the same units are on."""
