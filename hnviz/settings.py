"""Streamlit's settings, in one table.

Streamlit's own defaults bind every interface, send usage statistics, accept any Host header, take
200 MB uploads and show full tracebacks to every viewer.

``python -m hnviz app`` passes the table to Streamlit. ``streamlit run app.py`` reads
.streamlit/config.toml beside app.py, and ``uvicorn app:app`` the one beside the script that
Streamlit runs. ``python -m hnviz.settings`` writes both files from the table.
"""

import json
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent
FILES = (_PACKAGE.parent / ".streamlit/config.toml", _PACKAGE / "app/.streamlit/config.toml")
"""One beside app.py, one beside the script."""

SETTINGS: dict[str, dict[str, Any]] = {
    "global": {
        "disableWidgetStateDuplicationWarning": True,
    },
    "server": {
        "address": "127.0.0.1",
        "allowedHosts": ["127.0.0.1", "::1", "localhost"],
        "enableCORS": True,
        "enableXsrfProtection": True,
        "disconnectedSessionTTL": 10,
        "maxUploadSize": 1,
        "maxMessageSize": 1,
        "fileWatcherType": "none",
        "headless": True,
    },
    "browser": {
        "gatherUsageStats": False,
    },
    "client": {
        "allowedOrigins": [],
        "showErrorDetails": "none",
        "showErrorLinks": "false",
        "toolbarMode": "viewer",
    },
    "runner": {
        "postScriptGC": False,
        "magicEnabled": False,
    },
    "logger": {
        "level": "warning",
    },
    "theme": {
        "base": "light",
        "font": "sans-serif",
        "headingFont": "sans-serif",
        "codeFont": "monospace",
        "baseFontSize": 16,
        "headingFontSizes": ["2rem", "1.25rem", "1.0625rem", "1rem", "0.9375rem", "0.875rem"],
        "headingFontWeights": [650, 650, 600, 600, 600, 600],
        "codeFontSize": "0.875rem",
        "metricValueFontSize": "1.5rem",
        "baseRadius": "6px",
        "buttonRadius": "6px",
        "showWidgetBorder": True,
        "showSidebarBorder": True,
        "linkUnderline": True,
    },
    "theme.light": {
        "primaryColor": "#23485C",
        "backgroundColor": "#FCFBF8",
        "secondaryBackgroundColor": "#F3F1EB",
        "textColor": "#1A1815",
        "linkColor": "#1B5477",
        "borderColor": "#8A8478",
        "dataframeBorderColor": "#DAD6CC",
        "dataframeHeaderBackgroundColor": "#F3F1EB",
        "dataframeHeaderTextColor": "#5F5A51",
        "codeBackgroundColor": "#F3F1EB",
        "codeTextColor": "#1A1815",
        "redColor": "#B3261E",
        "greenColor": "#007E47",
        "blueColor": "#1957BB",
        "orangeColor": "#773700",
        "violetColor": "#5A1A63",
        "grayColor": "#5F5A51",
        "grayTextColor": "#5F5A51",
        "greenTextColor": "#007E47",
        "orangeTextColor": "#773700",
        "blueTextColor": "#1957BB",
        "redTextColor": "#B3261E",
        "violetTextColor": "#5A1A63",
    },
    "theme.light.sidebar": {
        "backgroundColor": "#F3F1EB",
        "secondaryBackgroundColor": "#FCFBF8",
        "borderColor": "#DAD6CC",
    },
    "theme.dark": {
        "primaryColor": "#3B7C9B",
        "backgroundColor": "#171614",
        "secondaryBackgroundColor": "#23211E",
        "textColor": "#EDEBE6",
        "linkColor": "#9CCBE6",
        "borderColor": "#7F796E",
        "dataframeBorderColor": "#3B3833",
        "dataframeHeaderBackgroundColor": "#23211E",
        "dataframeHeaderTextColor": "#B1ABA0",
        "codeBackgroundColor": "#23211E",
        "codeTextColor": "#EDEBE6",
        "redColor": "#FF7B6B",
        "greenColor": "#57DFA0",
        "blueColor": "#83ADF9",
        "orangeColor": "#DB7943",
        "violetColor": "#EBBBF7",
        "grayColor": "#B1ABA0",
        "grayTextColor": "#B1ABA0",
        "greenTextColor": "#57DFA0",
        "orangeTextColor": "#DB7943",
        "blueTextColor": "#83ADF9",
        "redTextColor": "#FF7B6B",
        "violetTextColor": "#EBBBF7",
    },
    "theme.dark.sidebar": {
        "backgroundColor": "#23211E",
        "secondaryBackgroundColor": "#171614",
        "borderColor": "#3B3833",
    },
}
"""Section -> setting -> value, as in Streamlit's config.toml."""

WHY = {
    "global.disableWidgetStateDuplicationWarning": "the code sets widgets that also have a default",
    "server.allowedHosts": "`hnviz app --host` adds the host it is given",
    "server.disconnectedSessionTTL": "seconds; each closed tab holds three open files meanwhile",
    "server.maxUploadSize": "MB, the least it takes; web/limits.py shuts Streamlit's own door",
    "server.maxMessageSize": "MB, the least it takes; web/uvicorn_fixes.py has a tighter bound",
    "server.fileWatcherType": "for development: streamlit run app.py --server.fileWatcherType auto",
    "server.headless": "opens no browser and asks for no e-mail address",
    "client.allowedOrigins": "no page around the app controls it; a click also tried 16 patterns",
    "client.showErrorDetails": "the console has the traceback",
    "client.toolbarMode": "keeps the choice of light or dark, hides developer options",
    "runner.postScriptGC": "a full collection after every rerun makes all viewers wait for the GIL",
    "theme.font": "Source Sans, shipped with Streamlit: nothing is fetched",
    "theme.codeFont": "Source Code, shipped with Streamlit",
    "theme.light.greenTextColor": ":green[i_h]",
    "theme.light.orangeTextColor": ":orange[h_h]",
    "theme.light.blueTextColor": ":blue[h_o]",
    "theme.dark.greenTextColor": ":green[i_h]",
    "theme.dark.orangeTextColor": ":orange[h_h]",
    "theme.dark.blueTextColor": ":blue[h_o]",
}
"""Reasons, by full name of the setting; each becomes a comment in the files."""

_HEADER = """# Written by `python -m hnviz.settings` from hnviz/settings.py; edit the table there.
# Streamlit's own defaults bind every interface, send usage statistics, accept any Host header,
# take 200 MB uploads and show full tracebacks to every viewer."""


def options() -> dict[str, Any]:
    """Return the settings by their full names."""
    return {
        f"{section}.{name}": value
        for section, values in SETTINGS.items()
        for name, value in values.items()
    }


def as_toml() -> str:
    """Write the table as Streamlit's config.toml."""
    parts = [_HEADER]
    for section, values in SETTINGS.items():
        lines = [_line(f"{section}.{name}", value) for name, value in values.items()]
        parts.append("\n".join([f"[{section}]", *lines]))
    return "\n\n".join(parts) + "\n"


def write() -> None:
    """Write both files."""
    for path in FILES:
        path.parent.mkdir(exist_ok=True)
        path.write_text(as_toml(), encoding="utf-8")


def _line(name: str, value: Any) -> str:
    # JSON and TOML write text, numbers, booleans and lists of them alike.
    line = f"{name.rpartition('.')[2]} = {json.dumps(value)}"
    return f"{line}  # {WHY[name]}" if name in WHY else line


if __name__ == "__main__":
    write()
