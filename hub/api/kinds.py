"""What each error of the hub is to an HTTP caller: status, title and advice, in one table.

Status choices: 422 for a key that came with another body follows the IETF draft "The Idempotency-Key HTTP Header
Field", section 2.7; 404 also stands for "exists, but not for this key", so that nobody can probe for case numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cases import errors
from cases.problems import Language


class NotJson(errors.InvalidInput):
    """The body is not one JSON document."""

    code = "not_json"


class TooLarge(errors.HubError):
    """The body is larger than this path takes."""

    code = "too_large"

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"the body is larger than {limit} bytes")


class TooSlow(errors.HubError):
    """The body did not arrive in time."""

    code = "too_slow"


class WrongMediaType(errors.HubError):
    """The body is announced as something this path does not take."""

    code = "wrong_media_type"

    def __init__(self, expected: str) -> None:
        self.expected = expected
        super().__init__(f"expected Content-Type {expected}")


class NoSuchPath(errors.HubError):
    """Nothing is served under this path."""

    code = "no_such_path"


class WrongMethod(errors.HubError):
    """The path exists, the method does not."""

    code = "wrong_method"

    def __init__(self, allowed: str) -> None:
        self.allowed = allowed
        super().__init__(f"allowed: {allowed}")


@dataclass(frozen=True, slots=True)
class Kind:
    """How one class of error is answered. Texts are (Chinese, English); `detail` says what to do next."""

    status: int
    title: tuple[str, str]
    detail: tuple[str, str]

    def words(self, language: Language) -> tuple[str, str]:
        """Return title and detail in the language asked for."""
        index = 0 if language == "zh-CN" else 1
        return self.title[index], self.detail[index]


_OURS = Kind(
    500,
    ("系统内部错误", "Something failed inside the hub"),
    (
        "请稍后重试；如仍失败，请把请求编号告知运维人员。",
        "Try again later; if it fails again, give operations the request id.",
    ),
)

KINDS: Mapping[type[errors.HubError], Kind] = {
    errors.HubError: _OURS,
    errors.InvalidInput: Kind(
        422,
        ("提交内容有误", "The content is wrong"),
        ("请按 errors 中逐项列出的字段更正后重新提交。", "Correct each field listed in errors and submit again."),
    ),
    NotJson: Kind(
        400,
        ("请求正文不是有效的 JSON", "The body is not valid JSON"),
        ("请以 UTF-8 编码的一个 JSON 文档提交，见 errors。", "Send one JSON document in UTF-8; see errors."),
    ),
    errors.NotRouted: Kind(
        422,
        ("没有部门可以受理", "No department can take this"),
        ("请核对事项、区划和渠道，见 errors。", "Check item, region and channel; see errors."),
    ),
    errors.KeyReused: Kind(
        422,
        ("幂等键已用于另一份内容", "The idempotency key came before with another body"),
        ("新的申请请使用新的 Idempotency-Key。", "Use a new Idempotency-Key for a new submission."),
    ),
    errors.NotFound: Kind(
        404,
        ("没有找到", "Not found"),
        ("没有找到，或此密钥无权查看；请核对编号。", "There is none, or this key may not see it; check the number."),
    ),
    errors.NotAllowed: Kind(
        403,
        ("没有权限", "Not allowed"),
        (
            "此密钥没有所需的权限，请向管理员申请。",
            "This key lacks the scope; ask the administrator for one that has it.",
        ),
    ),
    errors.ConfigError: Kind(
        500,
        ("系统配置有误", "The hub's configuration is wrong"),
        ("请联系运维人员检查配置。", "Ask operations to check the configuration."),
    ),
    errors.MappingError: Kind(
        500,
        ("字段映射有误", "A field mapping failed"),
        ("请联系运维人员检查字段映射。", "Ask operations to check the mapping."),
    ),
    errors.DepartmentError: Kind(
        502,
        ("部门系统调用失败", "A department's system failed"),
        ("请稍后重试。", "Try again later."),
    ),
    errors.ReplyUnreadable: Kind(
        502,
        ("部门系统的答复无法识别", "A department's answer could not be read"),
        ("请联系运维人员。", "Tell operations."),
    ),
    errors.BudgetExceeded: Kind(
        502,
        ("部门系统的答复过慢或过大", "A department's answer was too slow or too large"),
        ("请稍后重试。", "Try again later."),
    ),
    errors.Unavailable: Kind(
        503,
        ("系统暂时不可用", "The hub cannot take this now"),
        (
            "没有任何内容被受理；请稍后用同一个 Idempotency-Key 重试。",
            "Nothing was taken; try again with the same Idempotency-Key.",
        ),
    ),
    TooLarge: Kind(
        413,
        ("请求正文过大", "The body is too large"),
        (
            "正文最多 {limit} 字节；大的材料请先用 POST /v1/files 上传。",
            "At most {limit} bytes; upload large materials with POST /v1/files first.",
        ),
    ),
    TooSlow: Kind(
        408,
        ("请求正文接收超时", "The body came too slowly"),
        (
            "请检查网络后用同一个 Idempotency-Key 重试。",
            "Check the network and try again with the same Idempotency-Key.",
        ),
    ),
    WrongMediaType: Kind(
        415,
        ("不支持的内容类型", "Unsupported media type"),
        ("请用 Content-Type: {expected} 提交。", "Send it with Content-Type: {expected}."),
    ),
    NoSuchPath: Kind(
        404,
        ("没有这个地址", "No such path"),
        ("请核对地址；全部接口见 /docs。", "Check the path; all operations are listed under /docs."),
    ),
    WrongMethod: Kind(
        405,
        ("不支持的请求方法", "Method not allowed"),
        ("此地址支持的方法：{allowed}。", "This path takes: {allowed}."),
    ),
}

#: No valid key at all: the same error class as a missing scope, another status (RFC 9110, 15.5.2).
UNKNOWN_KEY = Kind(
    401,
    ("需要有效的密钥", "A valid key is needed"),
    (
        "请在 Authorization: Bearer 中提供有效的密钥；密钥可能缺失、错误或已被撤销。",
        "Send a valid key as Authorization: Bearer; it is missing, wrong or revoked.",
    ),
)


def kind_of(error: errors.HubError) -> tuple[str, Kind]:
    """Return the code and the row by which an error is answered: its own class's, or its nearest named ancestor's.

    Only named classes give codes, so that callers meet a closed set of them.
    """
    if isinstance(error, errors.NotAllowed) and not error.known:
        return "unknown_key", UNKNOWN_KEY
    named = next(kind for kind in type(error).__mro__ if issubclass(kind, errors.HubError) and kind in KINDS)
    return named.code, KINDS[named]


def kinds_by_code() -> dict[str, Kind]:
    """Return every code a caller can meet."""
    return {named.code: kind for named, kind in KINDS.items()} | {"unknown_key": UNKNOWN_KEY}
