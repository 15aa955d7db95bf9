"""Verifies the audit log, for whoever has to vouch for it."""
