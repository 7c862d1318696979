"""A page or a lesson as one HTML file, which opens without a server and without a network."""
