"""What every page that is one HTML file begins with."""

import hashlib
from base64 import b64encode
from html import escape


def opening(policy: str, title: str, language: str = "en") -> str:
    """Return the file's first lines, up to its title; `policy` says what it may load."""
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>"""


def allowed(script: str) -> str:
    """Return how a policy names an inline script that it lets run."""
    return f"'sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
