"""What comes before the report where there is danger: the words that an operator says to the caller. Pure."""

from typing import Final

from services.api.language import vocabulary as voc
from services.api.language.words import N_, Words

CRITICAL: Final = max(voc.URGENCIES)
CAUTIONS: Final = {
    "gas-leak": (
        N_("请对方马上离开：不开关电灯电器，不用明火，不在屋里打电话；顺手能关阀门、能开门窗就办"),
        N_("到室外再说经过；有人不适或已经起火，立刻三方转接 119、120"),
    ),
    "septic-gas": (
        N_("请对方离开井口，站到上风处：不点火、不吸烟、不揭井盖、不下井"),
        N_("有人倒在井下：谁也不要下去救，立刻三方转接 119、120"),
    ),
}
"""By category; those whose matter can kill while the form is filled in."""
RAISE: Final = N_("紧急程度选的还是“{word}”，确有危险请选“{critical}”")


def cautions(category: str, urgency: str, t: Words) -> list[str]:
    """What to say first, and whether the urgency fits; nothing for a category without danger."""
    said = [t(sentence) for sentence in CAUTIONS.get(category, ())]
    if said and urgency != CRITICAL:
        words = {"word": t(voc.URGENCIES[urgency]), "critical": t(voc.URGENCIES[CRITICAL])}
        said.append(t(RAISE, **words))
    return said
