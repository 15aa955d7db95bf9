"""What a client sends: a form, and the key that says whose it is."""

from collections.abc import Callable
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile

from services.api.container import Container
from services.api.door.auth import Caller
from services.api.open311.errors import wrong

FORM: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 200
NO_KEY: Final = (
    "没有填 api_key；它是 POST /api/v1/tokens 给的令牌",
    "api_key was not provided; it is a token of POST /api/v1/tokens",
)
BAD_KEY: Final = (
    "api_key 不对或已过期；请从 POST /api/v1/tokens 再取一个",
    "api_key is wrong or has expired; POST /api/v1/tokens gives one",
)


async def form_of(request: Request) -> FormData:
    """The form that was sent, in UTF-8, its letters escaped or not.

    The framework's own reading takes bare letters for Latin ones and those of another encoding for question marks.

    Raises:
        NoReportError: 400, it is no form, not in UTF-8, or endless.
    """
    if not request.headers.get("content-type", "").startswith(FORM):
        raise wrong(400, (f"发来的不是表单，请用 {FORM}", f"The request is no form; send it as {FORM}"))
    body = await request.body()
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise wrong(400, ("表单不是 UTF-8 编码，请用 UTF-8 发", "The form is not in UTF-8; send it in UTF-8")) from None
    except ValueError:
        raise wrong(
            400, (f"表单最多 {MOST_FIELDS} 个字段，请少发一些", f"The form may have {MOST_FIELDS} fields; send fewer")
        ) from None
    fields: list[tuple[str, str | UploadFile]] = [*pairs]
    return FormData(fields)


def key_of(container: Container) -> Callable[..., Any]:
    """Whose key it is, in the address or the form; None where there is none. Cookies open nothing here."""

    async def key(request: Request) -> str:
        named = request.query_params.get("api_key", "")
        if not named and request.method == "POST":
            named = str((await form_of(request)).get("api_key", ""))
        return named

    def caller(key: Annotated[str, Depends(key)]) -> Caller | None:
        if not key:
            return None
        found = container.identities.caller(key, now=container.clock.now())
        if found is None or found.via != "token":
            raise wrong(403, BAD_KEY)
        return found

    return caller
