"""Every EXAMPLE that stands beside the code is decoded, whole, through the gateway's own entry."""

import pytest

from sensors.codecs import CODECS, ROUTES, read
from sensors.kinds import KINDS, Example
from sensors.models import MODELS
from streams.contracts import Device

GRID = "990101001001001"
EXAMPLES = [
    *(pytest.param(kind.example, id=f"kind-{key}") for key, kind in KINDS.items()),
    *(pytest.param(e, id=f"codec-{key}-{n}") for key, codec in CODECS.items() for n, e in enumerate(codec.examples)),
    *(pytest.param(e, id=f"model-{key}-{n}") for key, model in MODELS.items() for n, e in enumerate(model.examples)),
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_gives_exactly_the_sample_it_promises(example: Example) -> None:
    device = Device(id=example.device, kind=example.kind, area=GRID, model=example.model)
    known = {} if example.kind not in KINDS else {example.device: device}
    at = (example.ts or 1_795_311_683_000) + 2_000

    reception = read(ROUTES, example.topic, example.payload, at=at, lookup=known.get)

    (routed,) = reception.samples
    sample = routed.sample
    assert routed.grid == (GRID if known else "quarantine")
    assert (sample.device, sample.kind) == (example.device, example.kind)
    assert sample.values == pytest.approx(dict(example.values))
    assert sample.quality == dict(example.quality)
    assert sample.flags == example.flags
    assert sample.ts == (example.ts or at)


def test_every_codec_and_model_brings_an_example() -> None:
    assert all(codec.examples for codec in CODECS.values())
    assert all(model.examples for model in MODELS.values())


def test_every_route_leads_to_a_codec_and_every_model_to_a_kind() -> None:
    assert {route.codec for route in ROUTES.routes} == set(CODECS)
    assert {route.model for route in ROUTES.routes} - {""} <= set(MODELS)
    assert {model.kind for model in MODELS.values()} <= set(KINDS)
