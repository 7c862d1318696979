"""Pages, lessons, runs and reports as files that open without a server."""


class ExportError(ValueError):
    """One sentence: what was wanted, what came, what to do."""
