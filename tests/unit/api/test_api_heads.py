"""HEAD answers as GET does, without the body."""

from typing import Final

from tests.fakes.api import MemoryPlatform
from tests.unit.api.test_api_doors import addresses

MOVING: Final = {"date", "set-cookie", "etag", "content-length", "x-incident"}
"""What two requests a moment apart may differ in: a form's key for once makes its page another."""


def test_every_address_that_answers_get_answers_head_alike_and_without_a_body() -> None:
    platform = MemoryPlatform()
    person = platform.as_("administrator")
    walked = [(template, path) for method, template, path in addresses(platform) if method == "GET"]
    assert len(walked) > 100
    for template, path in walked:
        head = platform.ask("HEAD", path, headers=person.headers)
        assert (head.status_code < 500, head.content) == (True, b""), template
        if template.endswith("/events"):  # a stream: this one ended, its GET would not
            assert head.headers["content-type"].startswith("text/event-stream")
            continue
        get = platform.ask("GET", path, headers=person.headers)
        assert head.status_code == get.status_code, template
        kept = [{k: v for k, v in answer.headers.items() if k not in MOVING} for answer in (head, get)]
        assert kept[0] == kept[1], template
    assert platform.hub.streams == 0


def test_head_passes_the_same_door_and_no_other_method_does() -> None:
    platform = MemoryPlatform()
    assert platform.ask("HEAD", "/api/v1/devices").status_code == 401
    assert platform.ask("HEAD", "/health").status_code == 200
    citizen = platform.as_("citizen")
    assert platform.ask("HEAD", "/api/v1/devices", headers=citizen.headers).status_code == 403
    person = platform.as_("operator")
    refused = platform.ask("DELETE", "/api/v1/alarms", headers=person.headers)
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    only_post = platform.ask("HEAD", "/sign-out", headers=person.headers)
    assert (only_post.status_code, only_post.headers["allow"]) == (405, "POST")


def test_the_description_names_no_head() -> None:
    described = MemoryPlatform().as_("operator").get("/api/v1/openapi.json").json()
    assert not any("head" in path for path in described["paths"].values())
