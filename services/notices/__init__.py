"""Telling people: what happens to tickets and alarms, brought to their channels, once each."""
