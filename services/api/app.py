"""The web application: routes, the door, the shield. Opens nothing; ``main`` (or a test) hands it a container."""

from fastapi import Depends, FastAPI

from services.api import answers, description, events, health, open311
from services.api import pages as web
from services.api.alarms import alarms, explanation, holding, ladders, quality, rehearsals, rules
from services.api.container import Container
from services.api.devices import devices, entry_cards, letters, places, quarantine, readings
from services.api.door import sessions, tokens
from services.api.door.auth import csrf
from services.api.door.gatekeeper import OPEN311, Gatekeeper
from services.api.door.heads import Heads
from services.api.door.limits import body_limits
from services.api.door.shield import Shield
from services.api.platform import audit, audit_export, notices, oncall, people, rosters
from services.api.tickets import (
    bulk,
    callbacks,
    catalogue,
    catalogue_sheet,
    export,
    feedback,
    filters,
    hotspots,
    importing,
    knowledge,
    kpi,
    kpi_rules,
    merging,
    photos,
    policies,
    shifts,
    tickets,
    works,
)

NOUNS = (
    web,  # first: patterns are tried in turn, and the pages are none of an address that begins with /api/
    health, tokens, people, rosters, places, devices, entry_cards, readings, rehearsals, rules, quality, explanation,
    alarms, holding, ladders, filters, bulk, export, importing, callbacks, tickets, photos,
    merging, knowledge, works, hotspots, shifts, feedback, kpi, kpi_rules, catalogue, catalogue_sheet,
    policies, notices, audit,
    audit_export, letters, quarantine, oncall, open311, events, sessions,
)  # fmt: skip


def create_app(container: Container) -> FastAPI:
    """The application over ``container``."""
    app = FastAPI(
        title="Linli 邻里",
        version="1",
        openapi_url=None,  # ours says more; both documentation pages load scripts from elsewhere
        dependencies=[Depends(csrf)],
    )
    app.state.problem_page = web.problem_page(container)
    app.state.dialects = ((OPEN311, open311.said),)
    answers.install(app)
    for part in NOUNS:
        app.include_router(part.router(container))
    app.include_router(description.router(app))
    app.add_middleware(Gatekeeper, container=container)
    app.add_middleware(Heads)
    app.add_middleware(Shield, limit_of=body_limits(container.settings))
    return app
