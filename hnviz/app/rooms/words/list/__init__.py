"""All terms, with a field that searches them."""
