"""Pure decisions of the gateway: what may be acknowledged, what travels together, what is suspect."""
