"""Grafana's dashboard of the platform itself, generated from the list of metrics."""
