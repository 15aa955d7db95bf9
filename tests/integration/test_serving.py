"""How the front door listens."""

import socket

import pytest

from services.api.serving import listening


def test_a_short_answer_waits_for_no_confirmation() -> None:
    with (
        listening("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()[:2]),
        listener.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_port_that_is_taken_is_told_at_once() -> None:
    with listening("127.0.0.1", 0) as listener, pytest.raises(OSError, match="in use"):
        listening("127.0.0.1", listener.getsockname()[1])


def test_a_shared_port_is_ours_alone() -> None:
    with listening("127.0.0.1", 0, shared=True) as first:
        port = first.getsockname()[1]
        with listening("127.0.0.1", port, beside=True) as second:
            for _ in range(64):
                socket.create_connection(("127.0.0.1", port)).close()
            for each in (first, second):
                each.settimeout(10)
                each.accept()[0].close()
        with pytest.raises(OSError, match="in use"):
            listening("127.0.0.1", port, shared=True)
        with pytest.raises(OSError, match="in use"):
            listening("127.0.0.1", port)
    with listening("127.0.0.1", 0) as alone, pytest.raises(OSError, match="in use"):
        listening("127.0.0.1", alone.getsockname()[1], beside=True)
