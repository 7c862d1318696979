"""What can be wrong with something to export."""


class ExportError(ValueError):
    """One sentence: what was wanted, what came, what to do."""
