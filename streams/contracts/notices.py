"""Records of ``linli.notices`` (keyed by incident): what one person is to be told, or asked to do.

Whoever brings notices to people's channels does so at most once an ``id``.
"""

import msgspec


class Notice(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message to one addressee. ``at`` is when it was written, epoch ms.

    ``step`` is its place in the incident's call ladder and ``what`` that step's name. ``role`` is the
    office it is meant for, ``to`` who holds it now: a person's or a unit's id, an address for a
    resident, '' where nobody is known. ``stands_in``: ``to`` holds another office and answers for it.
    ``task``: a thing to do by hand and to report back, such as calling the fire brigade.
    """

    id: str
    incident: str
    step: int
    what: str
    role: str
    to: str
    area: str
    device: str
    at: int
    zh: str
    en: str
    name: str = ""
    phone: str = ""
    building: str = ""
    task: bool = False
    stands_in: bool = False
