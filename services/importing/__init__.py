"""``linli-import``: another system's tickets, a file of any length, tried whole and then taken over in parts."""
