"""The history process (see docs/architecture.md)."""
