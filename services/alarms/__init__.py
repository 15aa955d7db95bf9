"""The alarms process (see docs/architecture.md)."""
