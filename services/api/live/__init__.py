"""Live updates: the alarm and ticket logs, followed once a process and fanned out to event streams."""
