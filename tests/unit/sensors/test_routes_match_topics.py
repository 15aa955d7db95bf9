"""The route table matches as an MQTT broker does."""

import pytest

from sensors.codecs.routes import Route, RouteTable, matches


@pytest.mark.parametrize(
    ("pattern", "topic", "expected"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/b/c", False),
        ("a/b/c", "a/b", False),
        ("a/+/c", "a/x/c", True),
        ("a/+/c", "a//c", True),
        ("a/+/c", "a/x/y/c", False),
        ("a/#", "a/b/c", True),
        ("a/#", "a", True),
        ("#", "a/b", True),
        ("#", "$SYS/broker", False),
        ("+/broker", "$SYS/broker", False),
        ("$SYS/#", "$SYS/broker", True),
    ],
)
def test_a_filter_meets_the_topics_that_mqtt_says(pattern: str, topic: str, *, expected: bool) -> None:
    assert matches(tuple(pattern.split("/")), topic.split("/")) is expected


def test_the_first_route_that_matches_wins() -> None:
    table = RouteTable([Route(filter="a/b", codec="first"), Route(filter="a/+", codec="second")])
    assert [table.match(topic).codec for topic in ("a/b", "a/c")] == ["first", "second"]  # type: ignore[union-attr]
    assert table.match("b") is None
    assert table.filters == ("a/b", "a/+")
