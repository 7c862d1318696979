"""How fast a run trains: chosen before it starts, and changed while it trains."""
