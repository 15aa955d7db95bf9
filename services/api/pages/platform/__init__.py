"""Pages for those who keep the platform."""
