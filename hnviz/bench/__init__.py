"""Measures hnviz: its speed, recipes, what lessons claim, and the tables that it ships."""
