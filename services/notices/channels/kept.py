"""Mail, text messages and whatever else Apprise has a plugin for."""

import logging
from typing import Final
from urllib.parse import quote

import apprise

from services.notices.domain import Failed, Outcome, Sent
from services.notices.ports import Letter

ADDRESS: Final = "{address}"
TIMEOUT_S: Final = 10.0


class Unusable(ValueError):
    """Apprise cannot make a channel of this address."""


class Service:
    """:class:`services.notices.ports.Channel` by an Apprise address.

    ``{address}`` in it stands for the person's own, quoted, so it can name a mailbox or a number and
    never another server. Redirects are not followed. Apprise tells only whether it went well; so every
    failure is tried again, up to the limit. Its own log is closed: it names addresses.
    """

    def __init__(self, url: str) -> None:
        logging.getLogger("apprise").setLevel(logging.CRITICAL)
        self._url = url
        self._asset = apprise.AppriseAsset(app_id="Linli", app_desc="Linli", http_redirects=False, secure_logging=True)
        self._plugin(quote("13800000000@example.org" if "mail" in url.split(":", 1)[0] else "13800000000", safe=""))

    @property
    def personal(self) -> bool:
        return ADDRESS in self._url

    def send(self, letter: Letter) -> Outcome:
        if self.personal and not letter.address:
            return Failed("the person has no address for this channel", retry=False)
        try:
            plugin = self._plugin(quote(letter.address, safe=""))
        except Unusable:
            return Failed("the person's address does not fit this channel", retry=False)
        sent = plugin.notify(body=letter.body or letter.title, title=letter.title, body_format="text")
        return Sent() if sent else Failed("the service refused it, or does not answer", retry=True)

    def _plugin(self, address: str) -> apprise.NotifyBase:
        plugin = apprise.Apprise.instantiate(self._url.replace(ADDRESS, address), asset=self._asset)
        if plugin is None:
            raise Unusable("Apprise knows no such address")
        plugin.request_rate_per_sec = 0  # our own pace: a process that waits inside a lease may lose it
        plugin.socket_connect_timeout = plugin.socket_read_timeout = TIMEOUT_S
        return plugin
