"""Prepares the ground once: topics, database, roles, schemas. Every step may be repeated."""
