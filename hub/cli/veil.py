"""Personal data out of what a terminal shows of a mapped case, in whatever form a department gets them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from cases.masking import HIDDEN, mask_case, mask_text

#: Shorter pieces of a personal value (a code that a phone number happens to hold) say nothing about anybody.
_TELLING = 4


class Veil:
    """Masks the values of one case wherever they turn up: whole, inside a longer text, or as a piece cut off."""

    def __init__(
        self, case: Mapping[str, Any], form_schema: Mapping[str, Any] | None, document: Any, *, lifted: bool
    ) -> None:
        """Take note of what is personal.

        Args:
            case: the canonical case.
            form_schema: its item's form; without it the whole form counts as personal.
            document: what was made of the case for the department.
            lifted: show everything.
        """
        self._lifted = lifted
        self._personal: dict[str, str] = {}
        self._numbers: set[int | float] = set()
        for value, mask in _masked(case, mask_case(case, form_schema)):
            if isinstance(value, str):
                self._personal[value] = str(mask)
            elif not isinstance(value, bool):
                self._numbers.add(value)
                self._personal |= {f"{value:.{digits}f}": HIDDEN for digits in range(4)}
        pairs = self._personal | {text: self._leaf(text) for text in _texts(document) if self._leaf(text) != text}
        long = {text: mask for text, mask in pairs.items() if len(text) > 1}  # one character says nothing by itself
        written = {form(text): form(mask) for text, mask in long.items() for form in _WRITTEN}
        written |= long  # what needs no writing of its own keeps its plain mask
        self._written = sorted(written.items(), key=lambda pair: -len(pair[0]))

    def over(self, value: Any) -> Any:
        """Return a value, or a whole document, as it may be shown."""
        if self._lifted:
            return value
        if isinstance(value, Mapping):
            return {key: self.over(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.over(item) for item in value]
        if not isinstance(value, str):
            return HIDDEN if value in self._numbers and not isinstance(value, bool) else value
        if (leaf := self._leaf(value)) != value:
            return leaf
        for text, mask in self._written:
            value = value.replace(text, mask)
        return mask_text(value)

    def _leaf(self, text: str) -> str:
        if text in self._personal:
            return self._personal[text]
        if len(text) >= _TELLING and any(text in personal for personal in self._personal):
            return HIDDEN  # a piece that a rule cut off
        return text


def _masked(whole: Any, masked: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every single value that masking changes, with what it becomes."""
    if isinstance(whole, Mapping):
        for key, value in whole.items():
            yield from _masked(value, masked[key])
    elif isinstance(whole, (list, tuple)):
        for value, other in zip(whole, masked, strict=True):
            yield from _masked(value, other)
    elif whole != masked and str(whole).strip():
        yield whole, masked


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def _as_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _as_ascii_json(text: str) -> str:
    return json.dumps(text)[1:-1]


#: How a text may stand in a request: as it is, in JSON, in XML, in a form or an address.
_WRITTEN = (str, _as_json, _as_ascii_json, escape, quote, quote_plus)
