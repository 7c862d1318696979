"""Measures hnviz: its speed, its recipes, the claims of lessons, and the tables that it ships."""
