"""Pages, lessons, runs and reports as files that open without a server."""


class ExportError(ValueError):
    """Something cannot be exported; the message says what was wanted, what came, what to do."""
