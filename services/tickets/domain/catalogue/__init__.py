"""Who is responsible for what, where: the category tree and the catalogue's lines. Pure."""

from services.tickets.domain.catalogue.lines import DISTRICT, Decision, Line, Reason, holes, responsible_for
from services.tickets.domain.catalogue.tree import GROUPS, LEAVES, PARENTS, Category, check_category, lineage, nearest

__all__ = [
    "DISTRICT",
    "GROUPS",
    "LEAVES",
    "PARENTS",
    "Category",
    "Decision",
    "Line",
    "Reason",
    "check_category",
    "holes",
    "lineage",
    "nearest",
    "responsible_for",
]
