"""What becomes of a photo: only its pixels are kept, hostile bytes break a child and nothing else."""

import io
import random
import struct
import subprocess
import sys
import threading
import zlib
from contextlib import suppress
from typing import IO

import pytest
from PIL import Image

from services.adapters import darkroom, imaging
from services.adapters.darkroom import ProcessDarkroom
from services.pictures import Darkroom, kind_of
from streams.contracts import Refused
from tests.fakes.photos import InProcessDarkroom, digest, picture, with_place

EXE = b"MZ\x90\x00\x03\x00\x00\x00" + b"\x00" * 400
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 400
SECRETS = (b"Exif", b"SecretPhone", b"4711", b"do not keep", b"http://ns.adobe.com", b"ICC_PROFILE")
MOST = 1_000_000


@pytest.fixture(params=["process", "in the test"])
def room(request: pytest.FixtureRequest) -> Darkroom:
    return ProcessDarkroom(MOST) if request.param == "process" else InProcessDarkroom(MOST)


def refused(room: Darkroom, data: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        room.develop(io.BytesIO(data))
    assert caught.value.extra["remedy"]
    return caught.value


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=("JPEG",))


def test_a_photo_keeps_its_pixels_upright_and_loses_place_maker_and_comment(room: Darkroom) -> None:
    sent = with_place()
    assert all(word in sent for word in SECRETS[:4])
    made = room.develop(io.BytesIO(sent))
    assert (made.width, made.height, made.digest) == (48, 64, digest(sent))  # it lay on its side
    for data in (made.body, made.thumbnail):
        assert not any(word in data for word in SECRETS)
        assert len(opened(data).getexif()) == 0
    top, bottom = (opened(made.body).convert("RGB").getpixel((24, y)) for y in (5, 58))
    assert (top, bottom) == (pytest.approx((192, 48, 32), abs=12), pytest.approx((255, 255, 255), abs=12))


def test_a_damaged_picture_is_refused_with_a_remedy(room: Darkroom) -> None:
    error = refused(room, picture(size=(400, 300))[:900])
    assert (error.code, error.extra["because"]) == ("picture", "broken")


@pytest.mark.parametrize(
    ("data", "because"),
    [
        (EXE, "program"),
        (b"\x7fELF" + b"\x00" * 60, "program"),
        (b"#!/bin/sh\nrm -rf /\n", "program"),
        (HEIC, "heic"),
        (b"GIF89a" + b"\x00" * 60, "gif"),
        (b"%PDF-1.7 ...", "pdf"),
        (b"\x00\x00\x00\x18ftypisom" + b"\x00" * 40, "video"),
        (b" <svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "markup"),
        (b"hello", "unknown"),
    ],
)
def test_what_is_no_photo_is_refused_by_its_bytes_before_any_decoder_sees_it(data: bytes, because: str) -> None:
    room = ProcessDarkroom(MOST, command=("/bin/false",))
    error = refused(room, data)
    assert (error.code, error.extra["because"]) == ("media", because)


def test_an_empty_file_is_refused() -> None:
    assert refused(InProcessDarkroom(), b"").extra["because"] == "empty"


class Endless(io.RawIOBase):
    """50 MB that begin like a photo; ``taken`` is how much of it was asked for."""

    taken = 0

    def read(self, size: int = -1) -> bytes:
        assert 0 < size <= 1 << 16, "read by small pieces"
        self.taken += size
        return (b"\xff\xd8\xff" + b"\x00" * size)[:size] if self.taken <= 50_000_000 else b""


def test_a_photo_of_50_megabytes_is_refused_after_the_first_it_may_have() -> None:
    source: IO[bytes] = Endless()  # type: ignore[assignment]
    with pytest.raises(Refused) as caught:
        InProcessDarkroom(MOST).develop(source)
    assert (caught.value.code, caught.value.extra["most"]) == ("too_large", MOST)
    assert source.taken <= MOST + (1 << 17)  # type: ignore[attr-defined]


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def bomb(width: int, height: int) -> bytes:
    """A PNG of few bytes that says it is enormous."""
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\x00" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(8_001, 8_000), (60_000, 60_000), (2**31 - 1, 1)])
def test_a_decompression_bomb_is_refused_by_what_it_says_of_itself(size: tuple[int, int]) -> None:
    error = refused(InProcessDarkroom(), bomb(*size))
    assert error.extra["because"] == "pixels"
    assert "64 million" in str(error.extra["remedy"])


def test_a_large_picture_is_made_smaller_and_a_transparent_one_stands_on_white() -> None:
    made = InProcessDarkroom().develop(io.BytesIO(picture(size=(4_000, 1_000))))
    assert (made.width, made.height) == (imaging.EDGE, 640)
    assert opened(made.thumbnail).size == (imaging.THUMBNAIL, 80)
    clear = io.BytesIO()
    Image.new("RGBA", (10, 10), (255, 0, 0, 0)).save(clear, "PNG")
    clear.seek(0)
    assert opened(InProcessDarkroom().develop(clear).body).convert("RGB").getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "P"), ("PNG", "L"), ("PNG", "I;16"), ("PNG", "LA"), ("JPEG", "CMYK"), ("WEBP", "RGBA")]
)
def test_every_form_of_a_taken_kind_can_be_read(kind: str, mode: str) -> None:
    written = io.BytesIO()
    Image.new(mode, (20, 10)).save(written, kind)
    written.seek(0)
    made = InProcessDarkroom().develop(written)
    assert (made.width, made.height, kind_of(made.body)) == (20, 10, "jpeg")


def test_bytes_that_were_bent_anywhere_are_a_picture_or_a_refusal_and_never_a_bug() -> None:
    chance = random.Random(7)
    for kind in ("JPEG", "PNG", "WEBP"):
        whole = picture(kind, (40, 30))
        for _ in range(60):
            bent = bytearray(whole)
            for _ in range(chance.randint(1, 8)):
                bent[chance.randrange(16, len(bent))] = chance.randrange(256)
            with suppress(Refused):
                InProcessDarkroom().develop(io.BytesIO(bytes(bent)))


@pytest.mark.parametrize(
    "program",
    [
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
        "raise SystemExit(1)",
        "import time; time.sleep(600)",
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 28,) * 2); bytearray(1 << 30)",
    ],
    ids=["a crash", "a bug", "no end", "no memory"],
)
def test_a_decoder_that_breaks_refuses_one_photo_and_the_next_is_developed(program: str) -> None:
    room = ProcessDarkroom(
        MOST, limit_s=20.0 if "sleep" not in program else 0.5, command=(sys.executable, "-c", program)
    )
    error = refused(room, picture())
    assert (error.code, error.extra["because"]) == ("picture", "crashed")
    room._command = darkroom.COMMAND
    room._limit_s = 60.0
    assert room.develop(io.BytesIO(picture())).width == 64


def test_only_so_many_wait_and_the_rest_are_told_when_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    began, go_on = threading.Event(), threading.Event()
    room = InProcessDarkroom()
    room._places, room._turns = threading.BoundedSemaphore(1), threading.BoundedSemaphore(1)

    def slow(given: IO[bytes], digest: str) -> imaging.Picture:
        began.set()
        assert go_on.wait(60)
        return imaging.develop(given, digest)

    monkeypatch.setattr(room, "_run", slow)
    first = threading.Thread(target=room.develop, args=(io.BytesIO(picture()),))
    first.start()
    assert began.wait(60)
    error = refused(room, picture())
    assert (error.code, error.extra["seconds"]) == ("crowded", 10)
    go_on.set()
    first.join(60)
    assert room.develop(io.BytesIO(picture())).width == 64


def test_the_decoder_has_none_of_our_secrets_and_little_memory() -> None:
    assert "DATABASE_URL" not in darkroom.PASSED_ON
    program = "from services.adapters import imaging as i; import resource as r; i._confine(); "
    program += "print(r.getrlimit(r.RLIMIT_AS)[0], r.getrlimit(r.RLIMIT_CPU)[0])"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.split() == [str(imaging.MEMORY), str(imaging.CPU_S)]
