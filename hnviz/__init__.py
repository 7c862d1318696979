"""hnviz: see how a recurrent network is fed, learns and remembers."""

__version__ = "0.5.0"
