"""People's pages without script: somebody new, a password shown once and replaced, a lock ended, a person disabled."""

import asyncio
import re

import httpx
import pytest

from services.audit import Did
from services.registry.domain import User
from tests.fakes.city import MemoryCity

OWN = "三号楼下的老槐树还开花吗"


def ask(
    city: MemoryCity, session: str, path: str, form: dict[str, str] | None = None, *, seen: str = ""
) -> httpx.Response:
    """``path`` as a browser asks for it; a form is sent with the CSRF word of the page at ``seen``."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(city.app)
        cookies = {"linli_session": session}
        async with httpx.AsyncClient(transport=transport, base_url="http://linli", cookies=cookies) as client:
            shown = await client.get(seen or path, headers={"Accept": "text/html"})
            if form is None:
                return shown
            found = re.search(r'name="csrf_token" value="([^"]+)"', shown.text)
            word = {"csrf_token": found[1]} if found else {}
            return await client.post(path, data=word | form, headers={"Accept": "text/html"})

    return asyncio.run(send())


def signed_in(city: MemoryCity, name: str, password: str) -> str:
    grant = city.identities.sign_in(name, password, "session", now=city.clock.now(), address="10.1.1.1")
    return grant.token if grant else ""


@pytest.fixture
def city() -> MemoryCity:
    return MemoryCity()


@pytest.fixture
def admin(city: MemoryCity) -> str:
    return city.session("administrator")


def found(city: MemoryCity, person: str) -> User:
    user = city.people.get_user(person)
    assert user is not None
    return user


def test_somebody_new_gets_a_password_and_reaches_nothing_before_it_is_their_own(city: MemoryCity, admin: str) -> None:
    new = {"id": "chen.qiang", "name": "陈强", "role": "unit_handler", "scope": "", "unit": "gas-repair", "key": "k"}
    made = ask(city, admin, "/people/new", new)
    assert made.headers["location"] == "/people/chen.qiang?said=person_made"
    shown = ask(city, admin, "/people/chen.qiang/password", {}, seen="/people/chen.qiang")
    word = re.search(r"<code>([^<]+)</code>", shown.text)
    assert word is not None
    assert shown.headers["cache-control"] == "no-store"
    assert word[1] not in ask(city, admin, "/people/chen.qiang").text
    session = signed_in(city, "chen.qiang", word[1])
    for path in ("/tickets", "/", "/people"):
        assert ask(city, session, path).headers["location"] == "/password"
    page = ask(city, session, "/password")
    assert "管理员发的一次性密码" in page.text
    wrong = ask(city, session, "/password", {"current": word[1], "password": OWN, "again": "x"})
    assert "两次写的不一样" in wrong.text
    kept = ask(city, session, "/password", {"current": word[1], "password": OWN, "again": OWN})
    assert kept.headers["location"] == "/"
    assert ask(city, session, "/tickets").status_code == 200
    assert not signed_in(city, "chen.qiang", word[1])
    assert signed_in(city, "chen.qiang", OWN)


def test_a_wrong_entry_keeps_what_was_written_and_says_what_to_do(city: MemoryCity, admin: str) -> None:
    page = ask(city, admin, "/people/new", {"id": "Chen", "name": "陈强", "role": "operator", "key": "k"})
    assert page.status_code == 422
    assert "小写字母" in page.text
    assert 'value="陈强"' in page.text
    taken = ask(city, admin, "/people/new", {"id": "operator", "name": "陈强", "role": "operator", "key": "k"})
    assert "已经有人用了" in taken.text


def test_a_person_is_changed_disabled_and_out_at_once_and_the_log_says_so(city: MemoryCity, admin: str) -> None:
    session = city.session("operator")
    form = {"version": "1", "name": "郑热线", "role": "dispatcher", "scope": "", "unit": ""}
    assert ask(city, admin, "/people/operator", form).status_code == 303
    assert (found(city, "operator").name, found(city, "operator").role) == ("郑热线", "dispatcher")
    stale = ask(city, admin, "/people/operator", form | {"name": "晚了"})
    assert "刚被别人改动过" in stale.text
    assert 'value="晚了"' in stale.text
    off = ask(city, admin, "/people/operator", {"version": "2", "switch": "disable"})
    assert off.status_code == 303
    assert ask(city, session, "/tickets").headers["location"].startswith("/sign-in")
    assert "operator" not in re.findall(r'href="/people/([^"]+)"', ask(city, admin, "/people").text)
    assert "郑热线" in ask(city, admin, "/people?state=disabled").text
    log = ask(city, admin, "/audit?did=person").text
    assert "话务员 → 派单员" in log
    assert "是 → 否" in log


def test_an_administrator_stays_one(city: MemoryCity, admin: str) -> None:
    form = {"version": "1", "name": "沈管理", "role": "operator", "scope": "", "unit": ""}
    page = ask(city, admin, "/people/administrator", form)
    assert "不能取消自己的管理员权限" in page.text
    assert 'value="disable"' not in page.text
    assert found(city, "administrator").role == "administrator"


def test_a_lock_is_shown_and_ended_and_a_typed_password_is_not_shown(city: MemoryCity, admin: str) -> None:
    for name in ("operator", "my-secret-word"):
        for _ in range(5):
            assert not signed_in(city, name, "wrong")
    page = ask(city, admin, "/people").text
    assert "解除锁定 operator" in page
    assert "my-secret-word" not in page
    assert "另有 1 个" in page
    done = ask(city, admin, "/people", {"kind": "account", "name": "operator"})
    assert done.headers["location"] == "/people?said=released_lock"
    assert signed_in(city, "operator", "operator")
    assert "没有这条锁定" in ask(city, admin, "/people", {"kind": "account", "name": "operator"}).text
    assert [entry.did for entry in city.people.chain.entries if entry.did == Did.PERSON] == ["person"]
