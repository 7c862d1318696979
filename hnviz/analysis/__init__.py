"""Runs in a notebook: tables, weights and answers, pairs of settings, changes of the state.

`hnviz.open` and the other functions of `hnviz` itself are here. They need no server: they read run
folders, and load torch into the notebook's own process when a model is needed.
"""
