"""The pages of the ticket loop: lists, one ticket, tasks, the hotline's board, figures."""
