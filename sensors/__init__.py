"""Who measures: sensor kinds, wire codecs, device models, and the simulated district."""
