"""Writes zip files for learning platforms: each file of a package, with the manifest first."""

import io
import zipfile
from collections.abc import Mapping

MANIFEST = "imsmanifest.xml"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the date of each file: the same content gives the same zip


def written(manifest: str, files: Mapping[str, bytes]) -> bytes:
    """Return a package as a zip file, from its manifest and its other files by path."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for path, content in {MANIFEST: manifest.encode(), **files}.items():
            package.writestr(zipfile.ZipInfo(path, EPOCH), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
