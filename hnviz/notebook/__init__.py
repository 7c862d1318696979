"""Pictures in a notebook's cells: `hnviz.show`.

The app's own pictures, with their answers, in one page that needs no server; and beside it a still
picture with its sentence, for what shows no page: GitHub, a mail, a PDF.
"""
