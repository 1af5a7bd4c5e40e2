"""A finding about somebody's input: which field, what is wrong, what to do; in Chinese and English."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Language = Literal["zh-CN", "en"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `code` keys MESSAGES; `facts` fill its placeholders (never personal data).

    `source_field` is the submitter's own name for the field, where its document was mapped to ours.
    """

    field: str
    code: str
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    source_field: str = ""

    def message(self, language: Language = "zh-CN") -> str:
        """Return the sentence a person reads: what is wrong and the remedy."""
        zh, en = MESSAGES[self.code]
        return (zh if language == "zh-CN" else en).format(**self.facts)

    def __str__(self) -> str:
        return f"{self.field}: {self.message('en')}"


#: code → (Chinese, English). Each names the remedy.
MESSAGES: dict[str, tuple[str, str]] = {}


def message(code: str, zh: str, en: str) -> str:
    """Register the two sentences of a code beside the check that raises it, and return the code."""
    MESSAGES[code] = (zh, en)
    return code
