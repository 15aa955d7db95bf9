"""Who and what exists: devices, areas, units, people and rules; mirrored on compacted topics."""
