"""The bar above a page's pictures: the run, its training step with Play, and its buttons."""
