"""Events on a real Kafka, followed by real notices processes, to a real robot's webhook."""

import time
from collections import Counter
from pathlib import Path

from services.adapters.clock import RandomIds, SystemClock
from services.adapters.feedback_links import MAX_AGE_MS, read_feedback_token
from services.adapters.kafka import Outgoing, Sender
from services.adapters.postgres import open_pool
from services.notices.domain import REPORTER, Preference
from services.notices.postgres import PostgresNotices
from services.registry.domain import Role as Office
from services.registry.domain import User
from services.registry.postgres import PostgresPeople
from services.tickets.domain import Actor, Role, State
from services.tickets.handlers import OpenTicket, Report
from services.tickets.postgres import PostgresTicketStore
from streams.contracts import TicketEvent, encode
from streams.contracts.topics import TICKETS
from tests.conftest import Database
from tests.fakes.servers import Call, webhook
from tests.integration.alarm_chain_rig import Chain
from tests.support import eventually
from tests.unit.tickets.ticket_stories import to

GRID = "990101001001001"
PLANNED = "SELECT count(*) FROM notices.messages"
SENT = "SELECT title FROM notices.messages WHERE state = 'sent'"


def escalations(ticket: str, count: int) -> list[TicketEvent]:
    """Of one critical ticket, so that the hour of the day does not matter; each with a number of its own."""
    now = SystemClock().now()
    return [
        TicketEvent(
            f"{ticket}:e{number}", ticket, f"N-{number}", number, "escalate", "reported", "reported", "discovery",
            "hotline", GRID, 2, now, "system", "system",
        )
        for number in range(count)
    ]  # fmt: skip


def test_two_processes_one_killed_tell_each_person_once_after_acknowledgement(
    kafka_servers: str, database: Database, tmp_path: Path
) -> None:
    database.migrate("registry", "alarms", "tickets", "notices")
    chain = Chain(kafka_servers, database, tmp_path)
    with open_pool(database.url("linli_registry"), name="test") as pool:
        PostgresPeople(pool).add_user(User("supervisor", "卫督办", Office.SUPERVISOR), "x")
    with open_pool(database.url("linli_api"), name="test") as pool:
        report = Report("路灯不亮", "3 号楼", area=GRID)
        opened = OpenTicket(PostgresTicketStore(pool), SystemClock(), RandomIds())(
            report, who=Actor("operator", Role.OPERATOR)
        )
    events = escalations(opened.id, 160)

    def answer(_: Call) -> tuple[int, bytes]:
        time.sleep(0.02)  # a server takes its time, so that a kill meets messages under way
        return 200, b'{"errcode": 0}'

    sender = Sender(kafka_servers, client_id=f"test-{chain.name}")
    sender.send([Outgoing(TICKETS.name, one.ticket.encode(), encode(one)) for one in (*events, *events[:80])])
    sender.close()
    with webhook(answer) as hook:
        settings = {
            "LINLI_NOTICE_CHANNELS": f"room=wecom+{hook.base}/send?key=K", "LINLI_NOTICE_DEFAULTS": "room",
            "LINLI_NOTICE_LEASE_S": "3",
        }  # fmt: skip
        with chain.process("notices", **settings), chain.process("notices", **settings) as other:
            eventually(lambda: chain.rows(PLANNED) == [(len(events),)], within_s=120, what="every plan")
            eventually(lambda: len(hook.calls) >= 20, within_s=60, what="the first messages")
            other.kill()
            other.wait()
            acknowledged = {title for (title,) in chain.rows(SENT)}
            before = len(hook.calls)
            assert before < len(events), "the kill came after everything was sent"
            eventually(lambda: len(chain.rows(SENT)) == len(events), within_s=120, what="every message")
    told = [call.body["text"]["content"] for call in hook.calls]
    later = {title for title in acknowledged if title in {text.split("\n")[0] for text in told[before + 1 :]}}
    assert later == set()
    times = Counter(told)
    assert len(times) == len(events)
    assert sum(times.values()) - len(events) <= 1, "only what was under way when its sender died may come again"


def test_a_reporter_whose_ticket_reached_its_call_back_gets_a_link_that_their_ticket_takes(
    kafka_servers: str, database: Database, tmp_path: Path
) -> None:
    database.migrate("registry", "alarms", "tickets", "notices")
    chain, secret = Chain(kafka_servers, database, tmp_path), "a secret of the pages' own, 32 bytes"
    story = to(State.CALLBACK)
    with open_pool(database.url("linli_api"), name="test") as pool, PostgresTicketStore(pool).transaction() as work:
        work.save(story.ticket, story.events)
    ticket, newest, now = story.ticket, story.events[-1], SystemClock().now()
    awake = Preference(f"{REPORTER}{ticket.id}", quiet=None, version=1)  # or the message would wait for the morning
    with open_pool(database.url("linli_notices"), name="test") as pool:
        assert PostgresNotices(pool).set_preference(awake, now=now)
    event = TicketEvent(
        newest.id, ticket.id, ticket.number, ticket.version, "check_ok", "checking", "callback", "feedback", "hotline",
        GRID, 2, now, "worker", "grid_worker",
    )  # fmt: skip
    sender = Sender(kafka_servers, client_id=f"test-{chain.name}")
    sender.send([Outgoing(TICKETS.name, ticket.id.encode(), encode(event))])
    sender.close()
    with webhook(lambda _: (200, b"{}")) as hook:
        settings = {
            "LINLI_NOTICE_CHANNELS": f"sms={hook.base.replace('http', 'json')}/sms/{{address}}",
            "LINLI_PUBLIC_URL": "https://12345.example", "LINLI_SESSION_SECRET": secret,
        }  # fmt: skip
        with chain.process("notices", **settings):
            eventually(lambda: len(hook.calls) > 0, within_s=120, what="the text message")
    (call,) = hook.calls
    said = str(call.body["message"])
    assert ticket.caller is not None
    assert call.path.endswith(ticket.caller.phone)
    assert "我们将回访" in said
    link = read_feedback_token(secret, said.rpartition("https://12345.example/feedback/")[2])
    assert link is not None
    assert (link.ticket, link.version) == (ticket.id, ticket.version)
    assert now + MAX_AGE_MS <= link.until <= SystemClock().now() + MAX_AGE_MS
    assert chain.rows("SELECT count(*) FROM notices.messages WHERE strpos(body, '/feedback/') > 0") == [(0,)]
