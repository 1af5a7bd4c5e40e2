"""One rule of routes.yaml, compiled: does it match a submission, how specific is it, and if not, why not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Protocol, Self

from pydantic import Field, model_validator

from cases.base import Code, Record, Text
from cases.errors import MappingError
from cases.problems import Problem, message
from cases.submission import Channel, Submission
from router.items import Item

Condition = Callable[[Mapping[str, Any]], bool]


class ConditionCompiler(Protocol):
    """Turns a condition's text into a function of the case; handed in, since conditions are the mappings' language."""

    def __call__(self, text: str, *, file: str, line: int) -> Condition:
        """Compile, or raise ConfigError with the place."""


_ITEM = message("rule_item", "规则适用于其他事项或部门", "the rule is for other items or departments")
_REGION = message("rule_region", "规则只适用于{regions}", "the rule is for {regions} only")
_CHANNEL = message("rule_channel", "规则只适用于渠道{channels}", "the rule is for channel {channels} only")
_NOT_YET = message("rule_not_yet", "规则自{day}起生效", "the rule is in force from {day}")
_ENDED = message("rule_ended", "规则已于{day}失效", "the rule ended on {day}")
_WHEN = message("rule_condition", "条件不成立：{when}", "its condition does not hold: {when}")
UNDECIDED = message(
    "rule_undecided", "条件无法判断：{when}（{error}）", "its condition cannot be decided: {when} ({error})"
)


class Rule(Record):
    """Send cases of these items, or of these departments' items, to a connector.

    Of the rules that match, the most specific decides: a handle before an item before a department, then the longest
    region, then a rule with channels, then one with a condition.
    """

    to: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,40}$", description="key of the connector")]
    items: tuple[Annotated[Code, Field(min_length=31, max_length=33)], ...] = ()
    departments: tuple[str, ...] = ()
    regions: tuple[Annotated[str, Field(pattern=r"^[0-9]{6}([0-9]{3}([0-9]{3})?)?$")], ...] = ()
    channels: tuple[Channel, ...] = ()
    when: Annotated[Text, Field(description="condition on the case, in the language of mappings")] | None = None
    effective_from: date | None = None
    effective_until: date | None = None  # the last day
    note: Text | None = None

    @model_validator(mode="after")
    def _has_scope(self) -> Self:
        if not self.items and not self.departments:
            raise ValueError("say which items or departments the rule is for")
        if self.effective_from and self.effective_until and self.effective_until < self.effective_from:
            raise ValueError("effective_until lies before effective_from")
        return self


#: Compared from left to right: item, region, channel, condition.
Specificity = tuple[int, int, bool, bool]


class Question:
    """A submission on its way to a rule; becomes a document only where a condition wants to see one."""

    def __init__(self, submission: Submission, item: Item, day: date) -> None:
        self.submission, self.item, self.day = submission, item, day
        self._document: Mapping[str, Any] | None = None

    @property
    def document(self) -> Mapping[str, Any]:
        """What a condition sees: the submission and `item.*`."""
        if self._document is None:
            self._document = {
                **self.submission.model_dump(mode="json", exclude_none=True),
                "item": self.item.snapshot.model_dump(mode="json"),
            }
        return self._document


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What became of one rule."""

    number: int  # 1, 2, … in the file
    line: int
    rule: Rule
    reasons: tuple[Problem, ...]  # why it does not match; empty: it does
    specificity: Specificity

    @property
    def matches(self) -> bool:
        """Whether every part of the rule fits."""
        return not self.reasons

    @property
    def undecided(self) -> bool:
        """Whether all that is known fits, but its condition could not be decided."""
        return len(self.reasons) == 1 and self.reasons[0].code == UNDECIDED


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRule:
    """A rule with its place and its condition as a function."""

    number: int
    line: int
    rule: Rule
    condition: Condition | None

    def attempt(self, question: Question) -> Tried:
        """Say whether the rule matches and, if not, every reason."""
        rule = self.rule
        reasons: list[Problem] = []
        scope = self._scope(question)
        if not scope:
            reasons.append(Problem("item_code", _ITEM))
        region = max((len(r) for r in rule.regions if question.submission.region.startswith(r)), default=0)
        if rule.regions and not region:
            reasons.append(Problem("region", _REGION, {"regions": ", ".join(rule.regions)}))
        if rule.channels and question.submission.channel not in rule.channels:
            reasons.append(Problem("channel", _CHANNEL, {"channels": ", ".join(rule.channels)}))
        if rule.effective_from and question.day < rule.effective_from:
            reasons.append(Problem("", _NOT_YET, {"day": rule.effective_from}))
        if rule.effective_until and question.day > rule.effective_until:
            reasons.append(Problem("", _ENDED, {"day": rule.effective_until}))
        if self.condition and not reasons:  # only where the rest fits: a condition may speak of one item's form
            reasons += self._undecided_or_false(question, self.condition)
        return Tried(
            number=self.number,
            line=self.line,
            rule=rule,
            reasons=tuple(reasons),
            specificity=(scope, region, bool(rule.channels), self.condition is not None),
        )

    def _scope(self, question: Question) -> int:
        rule, code = self.rule, question.submission.item_code
        if code in rule.items:
            return 3 if len(code) == 33 else 2
        if question.item.code in rule.items:
            return 2
        return 1 if question.item.department in rule.departments else 0

    def _undecided_or_false(self, question: Question, condition: Condition) -> list[Problem]:
        try:
            if condition(question.document):
                return []
        except MappingError as error:
            return [Problem("", UNDECIDED, {"when": self.rule.when, "error": error.what})]
        return [Problem("", _WHEN, {"when": self.rule.when})]
