"""Every word that the platform writes of itself has a label, in both languages."""

import pytest

from services.api.language.vocabulary import EVENTS
from services.api.language.words import words
from services.api.pages.platform.audit_words import DID
from services.audit import Did
from services.tickets.domain import Action


@pytest.mark.parametrize("did", Did)
def test_every_audited_act_has_a_label_in_both_languages(did: Did) -> None:
    zh = words("zh")(DID[did])
    assert zh != words("en")(zh), "it has an English"


@pytest.mark.parametrize("action", Action)
def test_every_step_of_a_ticket_has_a_label_in_both_languages(action: Action) -> None:
    zh = words("zh")(EVENTS[action])
    assert zh != words("en")(zh), "it has an English"
