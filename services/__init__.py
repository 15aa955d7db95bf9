"""What we do about it: one folder per process, plus the ports and adapters they share."""
