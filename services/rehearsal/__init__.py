"""``linli-rehearse``: what a rule, or a change of one, would have raised over stored readings."""
