"""The class on the network: its members, its routes, and one WebSocket for each phone."""
