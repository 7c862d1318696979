"""A row of controls: what a room declares, drawn by the browser, kept in the address."""
