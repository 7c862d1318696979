"""The counting map: which of the numbers 1 to 9,999 a network gets right."""
