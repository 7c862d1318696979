"""The loss of the run in view while it trains, as one small curve."""
