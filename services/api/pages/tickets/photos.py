"""Photos that come with a form, kept before its action is tried: a slip elsewhere costs no second upload."""

from typing import Final

from starlette.datastructures import FormData, UploadFile

from services.api.container import Container
from services.api.door.auth import Caller
from services.api.door.limits import MOST_IN_FORM
from services.api.language.words import N_, Words
from services.api.tickets.tickets import ticket_for
from services.pictures import Picture
from services.tickets.domain.photos import is_id
from streams.contracts import Refused

FILES: Final = "picture"
KEPT: Final = "photos"
WRONG: Final = {
    "heic": N_("这是 HEIC 照片，请改用 JPEG：iPhone 在“设置 › 相机 › 格式”里选“兼容性最佳”"),
    "program": N_("这是程序，不是照片；文件名不算数。请发 JPEG、PNG 或 WebP 照片"),
    "broken": N_("照片已损坏，打不开。请重新拍一张"),
    "crashed": N_("这张照片打不开。请重新拍一张"),
    "pixels": N_("照片像素太多，最多 6400 万。请调低分辨率再拍"),
    "ended": N_("工单已经结束，不能再加照片"),
    "full": N_("这件工单的照片已满，请从已有的照片里选"),
    "photo": N_("照片已过期或不属于这件工单，请重新上传"),
    "too_large": N_("照片太大，每张不超过 {n} MB。请调低分辨率再拍"),
    "crowded": N_("同时上传的人太多，请过十秒再提交"),
}
NO_PHOTO: Final = N_("这不是照片。请发 JPEG、PNG 或 WebP 照片")


def chosen(form: FormData) -> list[UploadFile]:
    """The files of a form; a field that was left empty sends one without a name."""
    return [each for each in form.getlist(FILES) if isinstance(each, UploadFile) and (each.filename or each.size)]


def developed(container: Container, form: FormData, t: Words) -> tuple[list[Picture], str]:
    """The pictures that a form sent, or what is wrong with the first that is none."""
    files = chosen(form)
    if len(files) > MOST_IN_FORM:
        return [], t("一次最多 {n} 张照片", n=MOST_IN_FORM)
    try:
        return [container.photos.develop(each.file) for each in files], ""
    except Refused as refused:
        return [], wrong_with(refused, t)


def received(container: Container, who: Caller, ticket: str, form: FormData, t: Words) -> tuple[list[str], str]:
    """Ids of the photos that a form shows: those kept at an earlier try, and those that it sends now."""
    kept = [each for each in form.getlist(KEPT) if isinstance(each, str) and is_id(each)]
    pictures, wrong = developed(container, form, t)
    if not pictures:
        return kept, wrong
    try:
        return [*kept, *attached(container, who, ticket, pictures)], ""
    except Refused as refused:
        return kept, wrong_with(refused, t)


def attached(
    container: Container, who: Caller, ticket: str, pictures: list[Picture], *, reported: bool = False
) -> list[str]:
    """Keep pictures with a ticket; returns their ids.

    Raises:
        Refused, Unavailable: as :meth:`services.tickets.handlers.KeepPhotos.add`.
    """
    found, _ = ticket_for(container, who, ticket)
    return [container.photos.add(found, each, by=who.id, reported=reported).id for each in pictures]


def wrong_with(refused: Refused, t: Words) -> str:
    """Why a photo was refused, for a person."""
    because = str(refused.extra.get("because", refused.code))
    most = refused.extra.get("most")
    return t(WRONG.get(because, NO_PHOTO), n=most // 1_048_576 if isinstance(most, int) else 0)
