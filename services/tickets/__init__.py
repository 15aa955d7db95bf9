"""The tickets process (see docs/architecture.md)."""
