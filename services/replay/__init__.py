"""``linli-replay``: the recorded log through the pure rules again, held against what the live engine said."""
