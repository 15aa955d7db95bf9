"""Ways to people: robots of chat rooms, whatever Apprise knows, and the demo's post box."""

from services.notices.channels.opening import open_channels, ways_of

__all__ = ["open_channels", "ways_of"]
