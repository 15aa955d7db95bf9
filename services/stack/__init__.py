"""The stack process (see docs/architecture.md)."""
