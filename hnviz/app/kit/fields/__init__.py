"""A row of controls: a room declares it, the browser draws it, the address keeps it."""
