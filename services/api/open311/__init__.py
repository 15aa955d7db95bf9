"""Open311 GeoReport v2: the 12345 loop as the world's civic apps speak it.

Source of every rule: the GeoReport v2 specification, https://wiki.open311.org/GeoReport_v2, and its Service Discovery,
https://wiki.open311.org/Service_Discovery. What is shown to whom is in ADR 41.
"""

from services.api.open311.errors import said
from services.api.open311.routes import router

__all__ = ["router", "said"]
