"""Which metrics and labels a PromQL expression speaks of. Enough for the expressions in our own files."""

import re
from dataclasses import dataclass

_SELECTOR = re.compile(r"\b(?P<name>(?:hub|process)_[a-z_]+|up)\b(?:\{(?P<matchers>[^}]*)\})?")
_MATCHER = re.compile(r'(?P<label>\w+)\s*(?P<how>=~|!~|=|!=)\s*"(?P<value>[^"]*)"')
_GROUPING = re.compile(r"\b(?:by|on|without|ignoring)\s*\((?P<labels>[^)]*)\)")


@dataclass(frozen=True)
class Selector:
    """A metric with the labels and values it is asked for."""

    metric: str
    asked: tuple[tuple[str, str], ...]  # (label, value), alternatives apart; variables left out


def selectors(expression: str) -> list[Selector]:
    """Return every metric an expression reads."""
    found = []
    for match in _SELECTOR.finditer(_GROUPING.sub("", expression)):
        asked = tuple(
            (matcher["label"], value)
            for matcher in _MATCHER.finditer(match["matchers"] or "")
            for value in matcher["value"].split("|")
            if not value.startswith("$")
        )
        found.append(Selector(match["name"], asked))
    return found


def grouping_labels(expression: str) -> set[str]:
    """Return the labels an expression groups by or joins on."""
    return {
        label.strip()
        for match in _GROUPING.finditer(expression)
        for label in match["labels"].split(",")
        if label.strip()
    }
