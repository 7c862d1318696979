"""The class on the network: who is who, its routes, and one WebSocket for each phone."""
