"""The board in memory, with the same promises as PostgreSQL's."""

from services.tickets.domain.board import Noun, Posted
from services.transactions import Clash


class MemoryBoard:
    def __init__(self) -> None:
        self.rows: dict[tuple[Noun, str, int], Posted] = {}

    def newest(self, noun: Noun, *, limit: int) -> tuple[Posted, ...]:
        found: dict[str, Posted] = {}
        for posted in sorted(self.rows.values(), key=lambda each: each.version):
            if posted.noun is noun:
                found[posted.id] = posted
        return tuple(sorted(found.values(), key=lambda each: (-each.at, each.id))[:limit])

    def versions(self, noun: Noun, named: str) -> tuple[Posted, ...]:
        mine = [posted for posted in self.rows.values() if posted.noun is noun and posted.id == named]
        return tuple(sorted(mine, key=lambda each: each.version))

    def post(self, posted: Posted) -> None:
        if self.rows.setdefault((posted.noun, posted.id, posted.version), posted) is not posted:
            raise Clash(f"{posted.noun} {posted.id} version {posted.version}")
