"""A page's takeaway: the sentence of a view, under the title."""
