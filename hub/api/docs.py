"""The page that shows the API, and what its error codes mean. Everything comes from this hub."""

from pathlib import Path

from starlette.responses import FileResponse, Response

from cases.base import Record
from cases.errors import NotFound
from hub.api.answers import answer
from hub.api.kinds import NoSuchPath, kinds_by_code
from hub.api.operation import Ask, Content, Operation, Parameter

_STATIC = Path(__file__).parent / "static"
#: What the page may load; a file that is not here is not served.
_FILES = {
    "docs.js": (_STATIC / "docs.js", "text/javascript"),
    "swagger-ui-bundle.js": (_STATIC / "swagger-ui" / "swagger-ui-bundle.js", "text/javascript"),
    "swagger-ui.css": (_STATIC / "swagger-ui" / "swagger-ui.css", "text/css"),
    "favicon-32x32.png": (_STATIC / "swagger-ui" / "favicon-32x32.png", "image/png"),
}
#: Swagger UI writes style attributes; scripts, calls and pictures come from here alone.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Explained(Record):
    """An error code in both languages: what happened, what to do."""

    code: str
    status: int
    title: dict[str, str]
    detail: dict[str, str]


async def page(_ask: Ask) -> Response:
    """The page for people."""
    return FileResponse(_STATIC / "docs.html", headers={"content-security-policy": _PAGE_POLICY})


async def asset(ask: Ask) -> Response:
    """A file the page loads."""
    name = ask.request.path_params["name"]
    if name not in _FILES:
        raise NoSuchPath(name)
    path, media_type = _FILES[name]
    return FileResponse(path, media_type=media_type, headers={"cache-control": "public, max-age=86400"})


async def explain_code(ask: Ask) -> Response:
    """What a problem's code means; its `type` points here."""
    code = ask.request.path_params["code"]
    kind = kinds_by_code().get(code)
    if kind is None:
        raise NotFound("problem", code[:50])
    return answer(
        Explained(code=code, status=kind.status, title=_both(kind.title), detail=_both(kind.detail)),
        headers={"cache-control": "public, max-age=86400"},
    )


def _both(texts: tuple[str, str]) -> dict[str, str]:
    return {"zh-CN": texts[0], "en": texts[1]}


_HTML = Content(media_types=("text/html",), schema={"type": "string"})
OPERATIONS = (
    Operation(
        method="GET",
        path="/docs",
        summary="This documentation as a page",
        summary_zh="接口文档页面",
        tag="documentation",
        handler=page,
        answer=_HTML,
    ),
    Operation(
        method="GET",
        path="/docs/{name}",
        summary="A file of the documentation page",
        summary_zh="接口文档页面的文件",
        tag="documentation",
        handler=asset,
        parameters=(Parameter(name="name", place="path", says="The file.", required=True),),
        answer=Content(media_types=("text/javascript", "text/css", "image/png")),
        refusals=(404,),
    ),
    Operation(
        method="GET",
        path="/v1/problems/{code}",
        summary="What an error code means",
        summary_zh="错误代码说明",
        tag="documentation",
        handler=explain_code,
        parameters=(Parameter(name="code", place="path", says="`code` of a problem.", required=True),),
        answer=Explained,
        refusals=(404,),
    ),
)
