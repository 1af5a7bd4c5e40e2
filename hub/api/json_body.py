"""JSON as strictly as two readers need to agree on it: no twin keys, no NaN, no odd depths, no control characters.

The mapping, the department's schema and the archive read the same bytes after us; what one of them would read
differently, or could not carry in XML, is refused here with its place.
"""

import json
import re
from typing import Any, NoReturn

from cases.problems import Problem, message
from hub.api.kinds import NotJson

UNREADABLE = message(
    "json_unreadable",
    "第 {line} 行第 {column} 列不是有效的 JSON，请更正。",
    "is not valid JSON at line {line}, column {column}; correct it.",
)
NOT_UTF8 = message(
    "not_utf8", "第 {at} 个字节起不是有效的 UTF-8，请改用 UTF-8 编码。", "is not UTF-8 from byte {at} on; send UTF-8."
)
TOO_DEEP = message("too_deep", "嵌套超过 {limit} 层，请减少层级。", "is nested deeper than {limit} levels; flatten it.")
TWIN = message("key_twice", "同一对象内此字段出现两次，请只保留一个。", "stands twice in one object; keep one.")
ODD_NUMBER = message(
    "number_unusable",
    "含有无法准确保存的数字（NaN、无穷大或超过 64 位），请改为文本。",
    "holds a number that cannot be kept exactly (NaN, infinity or beyond 64 bits); send it as text.",
)
CONTROL = message(
    "control_character", "含有不可见的控制字符，请删去。", "holds an invisible control character; remove it."
)

_INT64 = 2**63
#: Escapes behind which a character may stand that XML 1.0 and the database cannot carry.
_SUSPECT = re.compile(rb"\\[bf]|\\u00[01]|\\u[fF]{3}[eE]|\\u[fF]{4}|\xef\xbf[\xbe\xbf]")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def read_json(raw: bytes, *, max_depth: int) -> Any:
    """Return the one JSON document of a body.

    Raises:
        NotJson: not UTF-8, not JSON, or JSON that two readers could understand in two ways; names the place.
    """
    try:
        value = _DECODER.decode(raw.decode())
    except UnicodeDecodeError as error:
        raise NotJson([Problem("body", NOT_UTF8, {"at": error.start + 1})]) from None
    except json.JSONDecodeError as error:
        raise NotJson([Problem("body", UNREADABLE, {"line": error.lineno, "column": error.colno})]) from None
    except RecursionError:
        raise NotJson([Problem("body", TOO_DEEP, {"limit": max_depth})]) from None
    deep = raw.count(b"{") + raw.count(b"[") > max_depth
    if deep or _SUSPECT.search(raw):
        _walk(value, (), max_depth)
    return value


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        twin = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise NotJson([Problem(shown(twin), TWIN)])
    return result


def _odd(_text: str) -> NoReturn:
    raise NotJson([Problem("body", ODD_NUMBER)])


def _int(text: str) -> int:
    if len(text) > 20 or not -_INT64 <= (number := int(text)) < _INT64:
        _odd(text)
    return number


def _float(text: str) -> float:
    number = float(text)
    if number - number != 0:  # infinity: the text was beyond what a float can hold
        _odd(text)
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_no_twins, parse_int=_int, parse_float=_float, parse_constant=_odd)


def _walk(value: Any, path: tuple[str, ...], left: int) -> None:
    if isinstance(value, str):
        if _FORBIDDEN.search(value):
            raise NotJson([Problem(".".join(path) or "body", CONTROL)])
        return
    if not isinstance(value, (dict, list)):
        return
    if left == 0:
        raise NotJson([Problem(".".join(path[:4]), TOO_DEEP, {"limit": len(path)})])
    for key, child in value.items() if isinstance(value, dict) else enumerate(value):
        _walk(child, (*path, shown(str(key))), left - 1)
        if isinstance(key, str) and _FORBIDDEN.search(key):
            raise NotJson([Problem(".".join(path) or "body", CONTROL)])


def shown(key: str) -> str:
    """A caller's key as it may stand in an answer: short and printable."""
    return "".join(character if character.isprintable() else "?" for character in key[:50])
