"""The web application: routes, the door, the shield. Opens nothing; ``main`` (or a test) hands it a container."""

from fastapi import Depends, FastAPI

from services.api import (
    alarms,
    answers,
    audit,
    audit_export,
    callbacks,
    catalogue,
    catalogue_sheet,
    description,
    devices,
    events,
    explanation,
    feedback,
    health,
    holding,
    hotspots,
    knowledge,
    kpi,
    kpi_rules,
    ladders,
    letters,
    merging,
    notices,
    oncall,
    open311,
    people,
    photos,
    places,
    policies,
    quality,
    quarantine,
    readings,
    rehearsals,
    rosters,
    rules,
    sessions,
    shifts,
    ticket_bulk,
    ticket_export,
    ticket_filters,
    ticket_import,
    tickets,
    tokens,
    works,
)  # fmt: skip
from services.api import pages as web
from services.api.auth import csrf
from services.api.container import Container
from services.api.gatekeeper import Gatekeeper
from services.api.limits import body_limits
from services.api.shield import Shield

NOUNS = (
    health, tokens, people, rosters, places, devices, readings, rehearsals, rules, quality, explanation, alarms,
    holding, ladders, ticket_filters, ticket_bulk, ticket_export, ticket_import, callbacks, tickets, photos,
    merging, knowledge, works, hotspots, shifts, feedback, kpi, kpi_rules, catalogue, catalogue_sheet,
    policies, notices, audit,
    audit_export, letters, quarantine, oncall, open311, events, sessions, web,
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
    answers.install(app)
    for part in NOUNS:
        app.include_router(part.router(container))
    app.include_router(description.router(app))
    app.add_middleware(Gatekeeper, container=container)
    app.add_middleware(Shield, limit_of=body_limits(container.settings))
    return app
