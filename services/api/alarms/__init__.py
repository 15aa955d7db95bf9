"""The nouns of detection: alarms, what holds them back, rules and their rehearsal."""
