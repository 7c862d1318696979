"""The film strip: one text at six snapshots, each a button of the time slider."""
