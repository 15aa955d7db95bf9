"""The nouns of the field: devices, places, readings, and what could not be understood."""
