"""Exports a lesson for a learning platform: a SCORM 1.2 package with one sharable content object.

The format is that of the SCORM 1.2 Content Aggregation Model, and js/scorm.js is its run-time part.
"""

from xml.sax.saxutils import escape

from hnviz import __version__
from hnviz.export.lesson import lesson_file, lesson_named
from hnviz.export.package import written
from hnviz.lessons import Lesson

PAGE = "lesson.html"

MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="hnviz.{id}" version="{version}"
    xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
    xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
  <metadata>
    <schema>ADL SCORM</schema>
    <schemaversion>1.2</schemaversion>
  </metadata>
  <organizations default="hnviz">
    <organization identifier="hnviz">
      <title>{title}</title>
      <item identifier="item" identifierref="page" isvisible="true">
        <title>{title}</title>
      </item>
    </organization>
  </organizations>
  <resources>
    <resource identifier="page" type="webcontent" adlcp:scormtype="sco" href="{page}">
      <file href="{page}"/>
    </resource>
  </resources>
</manifest>
"""


def export_scorm(name: str) -> bytes:
    """Return a lesson that comes with the app as a package. Raises ExportError."""
    lesson = lesson_named(name)
    return written(manifest(lesson), {PAGE: lesson_file(lesson, scorm=True)})


def manifest(lesson: Lesson) -> str:
    """Return what says that the package has one page, which speaks to the platform."""
    said = {"id": lesson.id, "title": escape(lesson.title), "version": __version__, "page": PAGE}
    return MANIFEST.format(**said)
