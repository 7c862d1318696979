"""Any runs laid over each other, one setting changed, and comparisons that are ready."""
