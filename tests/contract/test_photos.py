"""One suite over the rows of photos in memory and PostgreSQL, another over the blob stores: memory, directory, S3."""

import io
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import boto3
import msgspec
import pytest
from moto.server import ThreadedMotoServer

from services.adapters.blobs import DirectoryBlobs
from services.adapters.clock import RandomIds
from services.adapters.postgres import open_pool
from services.adapters.s3 import S3Blobs
from services.pictures import Blobs
from services.tickets.domain import Actor, Caller, Details, Role
from services.tickets.domain.photos import UNSHOWN_MS, Photo, blob_of
from services.tickets.domain.reach import EVERYTHING
from services.tickets.handlers import Act, ActOnTicket, KeepPhotos, OpenTicket, Report
from services.tickets.ports import TicketStore
from services.tickets.ports.photos import PhotoStore
from services.tickets.postgres import PostgresPhotos, PostgresTicketStore
from streams.contracts import Refused, Unavailable
from tests.fakes.clock import ManualClock
from tests.fakes.databases import empty
from tests.fakes.photos import InProcessDarkroom, MemoryBlobs, MemoryPhotos, picture
from tests.fakes.tickets import MemoryTicketStore

SCHEMAS = ("registry", "tickets")
T0 = 1_795_312_800_000
A, B, C = (letter * 64 for letter in "abc")
WHO = Actor("operator", Role.OPERATOR)


@dataclass
class Side:
    tickets: TicketStore
    photos: PhotoStore
    clock: ManualClock
    ticket: str = ""
    other: str = ""

    def __post_init__(self) -> None:
        opened = OpenTicket(self.tickets, self.clock, RandomIds())
        self.ticket, self.other = (opened(Report("漏水", text="三楼"), who=WHO).id for _ in range(2))

    def photo(self, name: str, at: int = T0, ticket: str = "") -> Photo:
        return Photo(ticket or self.ticket, name, "operator", at, 640, 480, 9_000)

    def keep(self, name: str, at: int = T0, *, shown_at: int | None = None, ticket: str = "") -> Photo:
        assert self.photos.begin(self.photo(name, at, ticket), most=9) is False
        return self.photos.stored(ticket or self.ticket, name, shown_at=shown_at)

    def note(self, *photos: str) -> None:
        with self.tickets.transaction() as work:
            now = work.ticket(self.ticket)
        assert now is not None
        act = Act(self.ticket, "note", now.version, Details(text="看图", photos=photos))
        ActOnTicket(self.tickets, self.clock)(act, who=WHO)


@pytest.fixture(params=["memory", "postgres"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    if request.param == "memory":
        memory = MemoryTicketStore()
        yield Side(memory, MemoryPhotos(memory), ManualClock(T0))
        return
    database = request.getfixturevalue("migrated")
    with ExitStack() as stack:
        stack.callback(empty, database.admin_url, "tickets")
        pool = open_pool(database.url("linli_api"), name="contract front", tell=EVERYTHING.settings)
        stack.callback(pool.close)
        yield Side(PostgresTicketStore(pool), PostgresPhotos(pool), ManualClock(T0))


def test_a_photo_is_seen_once_its_picture_is_kept_and_only_on_its_ticket(side: Side) -> None:
    assert side.photos.begin(side.photo(A), most=9) is False
    assert (side.photos.of(side.ticket), side.photos.get(side.ticket, A)) == ((), None)
    kept = side.photos.stored(side.ticket, A, shown_at=None)
    assert kept == side.photo(A)
    assert side.photos.begin(side.photo(A), most=9) is True
    later = side.keep(B, T0 + 5)
    assert side.photos.of(side.ticket) == (kept, later)
    assert side.photos.get(side.ticket, B) == later
    assert (side.photos.of(side.other), side.photos.get(side.other, A)) == ((), None)
    assert side.keep(A, ticket=side.other).ticket == side.other


def test_what_was_shown_on_several_tickets_comes_in_its_order_up_to_a_limit(side: Side) -> None:
    side.keep(C, T0 + 9, shown_at=T0 + 9)
    side.keep(A, T0 + 2, shown_at=T0 + 5, ticket=side.other)
    side.keep(B, T0 + 1)  # nobody showed it
    side.photos.begin(side.photo(B, ticket=side.other), most=9)  # its picture is not kept yet
    both = (side.ticket, side.other)
    assert [(each.ticket, each.id) for each in side.photos.shown_of(both, limit=9)] == [
        (side.other, A),
        (side.ticket, C),
    ]
    assert [each.id for each in side.photos.shown_of(both, limit=1)] == [A]
    assert [each.id for each in side.photos.shown_of((side.ticket,), limit=9)] == [C]
    assert side.photos.shown_of((), limit=9) == ()


def test_a_master_has_what_was_shown_on_its_reports_and_on_theirs_without_who_sent_it(side: Side) -> None:
    opened, merges = OpenTicket(side.tickets, side.clock, RandomIds()), ActOnTicket(side.tickets, side.clock)
    secret = opened(Report("漏水", text="三楼", caller=Caller("王", "13800001234", confidential=True)), who=WHO).id
    deeper = opened(Report("漏水", text="三楼"), who=WHO).id
    for at, (ticket, photo) in enumerate(((deeper, C), (side.other, A), (secret, B))):
        side.keep(photo, T0 + at, shown_at=T0 + at, ticket=ticket)
    side.keep(B, T0 + 9, ticket=side.other)  # nobody showed it
    side.keep(B, T0, shown_at=T0)  # the master's own
    assert side.photos.merged_into(side.ticket, limit=9) == ()
    for report, master in ((deeper, side.other), (side.other, side.ticket), (secret, side.ticket)):
        merges(Act(report, "merge", 1, Details(master=master)), who=WHO)
    found = side.photos.merged_into(side.ticket, limit=9)
    assert [(each.ticket, each.id, each.by) for each in found] == [(deeper, C, ""), (side.other, A, "")]
    assert [each.id for each in side.photos.merged_into(side.ticket, limit=1)] == [C]
    assert [each.id for each in side.photos.merged_into(side.other, limit=9)] == [C]


def test_a_ticket_has_only_so_many_photos_and_the_same_again_is_no_more(side: Side) -> None:
    for name in (A, B):
        assert side.photos.begin(side.photo(name), most=2) is False
    assert side.photos.begin(side.photo(C), most=2) is None
    assert side.photos.begin(side.photo(A), most=2) is False
    assert side.photos.begin(side.photo(C, ticket=side.other), most=2) is False


def test_an_action_shows_photos_of_its_own_ticket_and_nothing_else(side: Side) -> None:
    side.keep(A)
    side.keep(C, ticket=side.other)
    for wrong in (B, C, "x"):
        with pytest.raises(Refused, match="is no photo of this ticket") as caught:
            side.note(A, wrong)
        assert (caught.value.code, caught.value.extra["value"]) == ("fields", wrong)
    found = side.photos.get(side.ticket, A)
    assert found is not None
    assert found.shown_at is None  # nothing of an action that was refused remains
    side.clock.advance(1_000)
    side.note(A)
    shown = side.photos.get(side.ticket, A)
    assert shown == msgspec.structs.replace(found, shown_at=T0 + 1_000)
    side.clock.advance(9 * UNSHOWN_MS)
    side.note(A)
    assert side.photos.get(side.ticket, A) == shown
    with pytest.raises(Refused, match="at most 10"):
        side.note(*[A] * 11)


def test_a_photo_that_was_never_stored_or_lay_there_for_a_day_can_not_be_shown(side: Side) -> None:
    side.photos.begin(side.photo(A), most=9)
    side.keep(B, T0 - 1)
    side.keep(C, T0)
    side.clock.advance(UNSHOWN_MS)
    for wrong in (A, B):
        with pytest.raises(Refused):
            side.note(wrong)
    side.note(C)


def test_what_nobody_showed_is_removed_after_its_time_the_oldest_first_and_what_was_shown_stays(side: Side) -> None:
    side.keep(A, T0, shown_at=T0)
    side.keep(B, T0 + 2)
    side.photos.begin(side.photo(C, T0 + 1), most=9)  # whoever sent it broke off
    dropped: list[Photo] = []
    assert side.photos.remove_unshown(T0 + 2, limit=9, drop=dropped.append) == 1
    assert side.photos.remove_unshown(T0 + 3, limit=1, drop=dropped.append) == 1
    assert side.photos.remove_unshown(T0 + 9, limit=9, drop=dropped.append) == 0
    assert [photo.id for photo in dropped] == [C, B]
    assert [photo.id for photo in side.photos.of(side.ticket)] == [A]


def test_a_picture_that_cannot_be_removed_keeps_its_row(side: Side) -> None:
    side.keep(A)

    def away(photo: Photo) -> None:
        raise Unavailable("the bucket")

    with pytest.raises(Unavailable):
        side.photos.remove_unshown(T0 + 9, limit=9, drop=away)
    assert side.photos.get(side.ticket, A)


def test_a_photo_sent_again_is_young_again(side: Side) -> None:
    side.keep(A, T0)
    assert side.photos.begin(side.photo(A, T0 + 50), most=9) is True
    assert side.photos.remove_unshown(T0 + 50, limit=9, drop=lambda _: None) == 0
    assert side.photos.remove_unshown(T0 + 51, limit=9, drop=lambda _: None) == 1
    assert side.photos.begin(side.photo(A, T0 + 60), most=9) is False


def test_all_photos_of_a_ticket_go_at_once(side: Side) -> None:
    side.keep(A, shown_at=T0)
    side.keep(B)
    side.keep(A, ticket=side.other)
    dropped: list[Photo] = []
    assert side.photos.remove_of(side.ticket, dropped.append) == 2
    assert sorted(blob_of(photo) for photo in dropped) == [f"photos/{side.ticket}/{name}.jpg" for name in (A, B)]
    assert side.photos.remove_of(side.ticket, dropped.append) == 0
    assert len(side.photos.of(side.other)) == 1


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """The address of an S3 server with the bucket ``linli``."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=address, region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s"
    )
    client.create_bucket(Bucket="linli")
    yield address
    server.stop()


def s3(address: str, bucket: str = "linli") -> S3Blobs:
    return S3Blobs(bucket=bucket, endpoint=address, region="us-east-1", access_key="k", secret_key="s")


@pytest.fixture(params=["memory", "directory", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "memory":
        return MemoryBlobs()
    if request.param == "directory":
        return DirectoryBlobs(tmp_path / "made" / "later")
    return s3(request.getfixturevalue("bucket"))


def test_a_blob_is_kept_written_over_and_forgotten(blobs: Blobs) -> None:
    name = f"photos/{RandomIds().new()}/{A}.jpg"
    assert blobs.get(name) is None
    blobs.delete(name)
    blobs.put(name, b"\x00first" * 9_000)
    blobs.put(name, b"second")
    blobs.put(name + ".small", b"")
    assert (blobs.get(name), blobs.get(name + ".small")) == (b"second", b"")
    blobs.delete(name)
    assert (blobs.get(name), blobs.get(name + ".small")) == (None, b"")


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "a/../../b", "", "a//b", ".part", "a/.b", "a\x00b", "a b", "é"]
)
def test_a_name_leads_nowhere_else(name: str, tmp_path: Path) -> None:
    for blobs in (DirectoryBlobs(tmp_path), s3("http://127.0.0.1:9")):
        with pytest.raises(ValueError, match="no name of a blob"):
            blobs.put(name, b"")
        for use in (blobs.get, blobs.delete):
            with pytest.raises(ValueError, match="no name of a blob"):
                use(name)
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_does_not_answer_is_unavailable_and_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "photos").write_bytes(b"a file where a directory is needed")
    for blobs in (DirectoryBlobs(tmp_path), s3("http://127.0.0.1:9")):
        with pytest.raises(Unavailable):
            blobs.put("photos/t/a.jpg", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_files_are_their_owners_alone(tmp_path: Path) -> None:
    DirectoryBlobs(tmp_path / "kept").put("photos/t/a.jpg", b"x")
    (file,) = (tmp_path / "kept" / "photos" / "t").iterdir()
    assert (file.name, file.stat().st_mode & 0o077) == ("a.jpg", 0)


def test_a_photo_goes_its_whole_way_and_leaves_nothing_behind(side: Side, blobs: Blobs) -> None:
    keep = KeepPhotos(side.photos, blobs, InProcessDarkroom(), side.clock)
    with side.tickets.transaction() as work:
        ticket = work.ticket(side.ticket)
    assert ticket is not None
    shown, unshown = (keep.develop(io.BytesIO(picture(colour=colour))) for colour in ("red", "blue"))
    for made in (shown, shown, unshown):
        keep.add(ticket, made, by="operator")
    side.note(shown.digest)
    assert keep.read(side.ticket, shown.digest) == shown.body
    assert keep.read(side.ticket, unshown.digest, thumbnail=True) == unshown.thumbnail
    assert keep.read(side.other, shown.digest) is None
    assert keep.sweep() == 0
    side.clock.advance(UNSHOWN_MS + 1)
    assert keep.sweep() == 1
    assert [photo.id for photo in keep.of(side.ticket)] == [shown.digest]
    names = [blob_of(side.photo(made.digest), thumbnail=small) for made in (shown, unshown) for small in (False, True)]
    assert [blobs.get(name) is not None for name in names] == [True, True, False, False]
    assert keep.forget(side.ticket) == 1
    assert [blobs.get(name) for name in names] == [None] * 4
