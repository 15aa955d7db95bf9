"""Where a reporter answers the call-back: the pages' address, signed with the secret that the pages know too."""

from services.adapters.feedback_links import feedback_address
from services.notices.handlers import no_link
from services.notices.ports import LinkTo
from services.notices.settings import NoticesSettings


def link_of(settings: NoticesSettings) -> LinkTo:
    """The links of these settings; none where they name no address."""
    if not settings.public_url:
        return no_link
    secret = settings.session_secret.get_secret_value()
    return lambda ticket, version, now: feedback_address(settings.public_url, secret, ticket, version, now)[0]
