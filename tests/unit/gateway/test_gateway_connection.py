"""The socket below paho costs few calls of the system and changes nothing else."""

import pytest

from services.gateway.connection import READ_AHEAD, Connection
from tests.fakes.gateway import MemorySocket


def test_what_has_come_is_fetched_at_once_and_read_in_pieces() -> None:
    sock = MemorySocket(b"abcdef")
    connection = Connection(sock)
    assert [connection.recv(1), connection.recv(2), connection.recv(9)] == [b"a", b"bc", b"def"]
    assert sock.calls == 1
    with pytest.raises(BlockingIOError):
        connection.recv(1)


def test_what_was_fetched_is_told_of_since_the_system_will_not() -> None:
    connection = Connection(MemorySocket(b"abc"))
    assert connection.pending() == 0
    connection.recv(1)
    assert connection.pending() == 2


def test_more_than_one_fetch_loses_nothing() -> None:
    whole = bytes(range(256)) * (READ_AHEAD // 100)
    connection = Connection(MemorySocket(whole))
    heard = bytearray()
    while len(heard) < len(whole):
        heard += connection.recv(1_000)
    assert heard == whole


def test_the_end_of_a_stream_stays_its_end() -> None:
    sock = MemorySocket(b"")
    connection = Connection(sock)
    assert connection.recv(1) == b""


def test_what_was_said_travels_together_once_flushed() -> None:
    sock = MemorySocket()
    connection = Connection(sock)
    for _ in range(100):
        assert connection.send(b"ack.") == 4
    assert (sock.calls, connection.unsent) == (0, True)
    connection.flush()
    assert (sock.taken, sock.calls, connection.unsent) == (b"ack." * 100, 1, False)


def test_what_the_system_does_not_take_waits_in_its_order() -> None:
    sock = MemorySocket()
    connection = Connection(sock)
    sock.room = 3
    connection.send(b"abcd")
    connection.flush()
    connection.send(b"ef")
    assert (sock.taken, connection.unsent) == (b"abc", True)
    sock.room = 10
    connection.flush()
    assert sock.taken == b"abcdef"


def test_a_broken_connection_is_told_where_it_is_expected() -> None:
    sock = MemorySocket()
    connection = Connection(sock)
    connection.send(b"a")
    sock.error = BrokenPipeError("gone")
    connection.flush()
    assert not connection.unsent
    with pytest.raises(BrokenPipeError):
        connection.send(b"b")
    with pytest.raises(BrokenPipeError):
        connection.recv(1)


def test_the_last_words_are_sent_before_closing() -> None:
    sock = MemorySocket()
    connection = Connection(sock)
    connection.send(b"bye")
    connection.close()
    assert (sock.taken, sock.closed) == (b"bye", True)
