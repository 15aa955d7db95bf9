"""The api process (see docs/architecture.md)."""
