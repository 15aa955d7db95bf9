"""The nouns of the 12345 loop: tickets, what is found about them, figures, the hotline's board."""
