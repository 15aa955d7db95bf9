"""Every page joined into one router, over one source of data."""

from typing import Final

from fastapi import APIRouter
from starlette.routing import Match
from starlette.types import Scope

from services.api.answers import ProblemPage
from services.api.container import Container
from services.api.pages import cockpit, devices, entrance, trouble
from services.api.pages.alarms import alarm_acts, alarms, quality
from services.api.pages.alarms.alarm_source import AlarmBook
from services.api.pages.desk import Desk
from services.api.pages.platform import audit, notices, password, people, platform, rosters
from services.api.pages.platform.notice_source import NoticeBook
from services.api.pages.ports import PageSource
from services.api.pages.rules import rehearsals, rule_versions, rules
from services.api.pages.rules.rule_source import RuleDesk
from services.api.pages.sources import ContainerSource
from services.api.pages.tickets import (
    callbacks,
    catalogue_sheet,
    feedback,
    hotspots,
    importing,
    intake,
    knowledge,
    kpi,
    kpi_rules,
    places,
    policies,
    policy_drafts,
    responsibility,
    shifts,
    supervision,
    tasks,
    ticket_search,
    tickets,
    unmasking,
    works,
)
from services.api.pages.tickets.ticket_book import TicketBook

NO_PAGE: Final = "/api/"


class Pages(APIRouter):
    """The pages' addresses; that one of the API is none of them is known from its beginning."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return (Match.NONE, {}) if scope["path"].startswith(NO_PAGE) else super().matches(scope)


def router(container: Container) -> APIRouter:
    """Every page."""
    return router_over(desk_of(container), container)


def problem_page(container: Container) -> ProblemPage | None:
    """Renders a problem for a browser."""
    return trouble.problem_page(desk_of(container))


def desk_of(container: Container) -> Desk:
    return desk_over(ContainerSource(container), container)


def desk_over(source: PageSource, container: Container) -> Desk:
    return Desk(source, container.clock, container.ids, demo=container.settings.demo)


def router_over(desk: Desk, container: Container) -> APIRouter:
    """Every page over one source (the tests bring their own)."""
    routes = Pages(include_in_schema=False)
    routes.include_router(entrance.routes(desk, container))
    book = AlarmBook(container)
    rule_desk = RuleDesk(container)
    routes.include_router(ticket_search.routes(desk, TicketBook(container)))  # before a ticket's own address
    for page in (
        callbacks,
        intake,
        hotspots,
        importing,
        knowledge,
        shifts,
        supervision,
        works,
    ):  # before the tickets: their addresses would be a ticket's
        routes.include_router(page.routes(desk, container))
    for pages in (quality, cockpit, tickets):  # the quality page first: its address would be an alarm's
        routes.include_router(pages.routes(desk, book))
    for both in (alarms, alarm_acts, devices):
        routes.include_router(both.routes(desk, book, rule_desk))
    for kept in (rehearsals, rules, rule_versions):
        routes.include_router(kept.routes(desk, rule_desk))
    routes.include_router(unmasking.routes(desk, book, container))
    for page in (
        kpi_rules, kpi, feedback, policies, policy_drafts, responsibility, catalogue_sheet, places, audit, people,
        password, rosters, tasks,
    ):  # fmt: skip
        routes.include_router(page.routes(desk, container))
    routes.include_router(notices.routes(desk, NoticeBook(container)))
    routes.include_router(platform.routes(desk))
    return routes
