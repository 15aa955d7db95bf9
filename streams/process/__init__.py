"""What every process has around its work, a worker of streams, a service or the simulator: settings, metrics, health.

It stands in ``streams`` because that is where all three may import from.
"""
