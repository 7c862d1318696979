"""The lesson beside a page: which step the address names, and its panel."""
