"""Use cases of history: take inputs in, follow the registry, keep and replay dead letters."""

from services.history.handlers.ingest import Ingest, Raw
from services.history.handlers.letters import KeepLetters, replay_letter
from services.history.handlers.registry import FollowRegistry

__all__ = ["FollowRegistry", "Ingest", "KeepLetters", "Raw", "replay_letter"]
