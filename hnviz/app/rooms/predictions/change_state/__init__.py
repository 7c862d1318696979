"""Change the state: swap it or set units of it, and see the network count on from there."""
