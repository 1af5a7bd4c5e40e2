"""The routing table: exactly one most specific rule sends a case, otherwise the door refuses it with the reason."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from typing import Any

from cases.base import Record
from cases.errors import ConfigError, NotRouted
from cases.problems import Language, Problem, message
from cases.submission import Submission
from config.findings import Finding
from config.located import Located, validate
from router.catalogue import Catalogue
from router.items import Item
from router.rules import CompiledRule, ConditionCompiler, Question, Rule, Tried

_OUTSIDE = message(
    "region_outside",
    "区划{region}不在{district}的区划表中。请填写本区的6位、9位或12位区划代码。",
    "Division {region} is not in the table of {district}. Give a division code of the district: 6, 9 or 12 digits.",
)
_NO_CONNECTOR = message(
    "department_without_connector",
    "受理部门“{name}”尚未接入一窗系统，暂不能在此提交。请到该部门窗口办理。",
    "Department {department} has no connector in force: the hub cannot take this case. "
    "Hand it in at the department's own counter.",
)
_UNROUTABLE = message(
    "unroutable",
    "没有路由规则接收此件。受理部门“{name}”的规则：{tried}。请联系一窗管理员。",
    "No routing rule takes this case. Rules of department {department}: {tried}. Tell the hub's operators.",
)
_AMBIGUOUS = message(
    "ambiguous",
    "有多条同样具体的路由规则接收此件（{rules}），无法确定去向。请联系一窗管理员。",
    "Equally specific routing rules take this case ({rules}); where it belongs cannot be told. "
    "Tell the hub's operators.",
)


class _RuleFile(Record):
    """routes.yaml."""

    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Where a submission goes or why it goes nowhere, with every rule tried."""

    department: str
    destination: str | None
    rule: int | None  # the rule that chose, by its number in the file
    refused: Problem | None
    tried: tuple[Tried, ...]
    file: str

    def as_json(self, language: Language = "en") -> dict[str, Any]:
        """Return plain values; holds no personal data."""
        return {
            "department": self.department,
            "destination": self.destination,
            "rule": self.rule,
            "refused": self.refused and {"code": self.refused.code, "message": self.refused.message(language)},
            "tried": [_tried_json(tried, self.rule, self.file, language) for tried in self.tried],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """Where a submission goes."""

    destination: str  # connector key
    department: str  # key of the department that answers for the item
    rule: str  # file:line of the rule that chose
    why: tuple[dict[str, Any], ...]  # the rules that came into question, as plain values


class RoutingTable:
    """All rules, compiled and indexed. Frozen: a changed file makes a new table."""

    def __init__(self, rules: Sequence[CompiledRule], catalogue: Catalogue, file: str) -> None:
        self._rules, self._file = tuple(rules), PurePath(file).name  # answers show no folders of this machine
        self._district, self._departments = catalogue.district, catalogue.departments
        self._by_item: dict[str, list[CompiledRule]] = defaultdict(list)
        self._by_department: dict[str, list[CompiledRule]] = defaultdict(list)
        for rule in rules:
            for code in {item[:31] for item in rule.rule.items}:
                self._by_item[code].append(rule)
            for department in rule.rule.departments:
                self._by_department[department].append(rule)

    @classmethod
    def load(
        cls,
        located: Located,
        *,
        catalogue: Catalogue,
        compile_condition: ConditionCompiler,
        connectors: Collection[str] | None = None,
    ) -> "RoutingTable":
        """Build from routes.yaml.

        Args:
            located: the parsed file.
            catalogue: what the rules may speak of.
            compile_condition: compiler of `when`.
            connectors: keys of connectors there are; without it `to` is not checked.

        Raises:
            ConfigError: with every finding.
        """
        findings: list[Finding] = []
        compiled: list[CompiledRule] = []
        for index, rule in enumerate(validate(located, _RuleFile).rules):
            here = ("rules", index)
            condition = None
            if rule.when is not None:
                try:
                    condition = compile_condition(rule.when, file=located.file, line=located.line((*here, "when")))
                except ConfigError as error:
                    findings += [finding for finding in error.findings if isinstance(finding, Finding)]
            findings += [located.finding((*here, key), what) for key, what in _faults(rule, catalogue, connectors)]
            compiled.append(CompiledRule(number=index + 1, line=located.line(here), rule=rule, condition=condition))
        findings += [
            located.finding(("rules", later.number - 1), f"says the same as the rule on line {earlier.line}")
            for earlier, later in _twins(compiled)
        ]
        if findings:
            raise ConfigError(sorted(findings))
        return cls(compiled, catalogue, located.file)

    def may_send(self, item: Item, connector: str) -> bool:
        """Tell whether some rule could send cases of an item to a connector."""
        return any(rule.rule.to == connector for rule in self._candidates(item))

    def names(self, connector: str) -> bool:
        """Tell whether any rule sends to a connector."""
        return any(rule.rule.to == connector for rule in self._rules)

    def route(self, submission: Submission, item: Item, day: date) -> Routed:
        """Send a submission.

        Args:
            submission: as checked.
            item: the version in force.
            day: the date in China that decides which rules are in force.

        Raises:
            NotRouted: region outside the district, no rule, or more than one equally specific.
        """
        candidates = self._candidates(item)
        chosen, refused, tried = self._decide(submission, item, day, candidates)
        if chosen is None:
            assert refused is not None
            raise NotRouted([refused])
        return Routed(
            destination=chosen.rule.to,
            department=item.department,
            rule=f"{self._file}:{chosen.line}",
            why=tuple(_tried_json(each, chosen.number, self._file, "en") for each in tried),
        )

    def explain(self, submission: Submission, item: Item, day: date) -> Explanation:
        """Tell where a submission would go, with every rule of the table and why it did or did not match."""
        chosen, refused, tried = self._decide(submission, item, day, self._rules)
        return Explanation(
            department=item.department,
            destination=chosen.rule.to if chosen else None,
            rule=chosen.number if chosen else None,
            refused=refused,
            tried=tuple(tried),
            file=self._file,
        )

    def _candidates(self, item: Item) -> Iterable[CompiledRule]:
        by_item, by_department = self._by_item.get(item.code, ()), self._by_department.get(item.department, ())
        return [*by_item, *(rule for rule in by_department if rule not in by_item)] if by_item else by_department

    def _decide(
        self, submission: Submission, item: Item, day: date, rules: Iterable[CompiledRule]
    ) -> tuple[Tried | None, Problem | None, list[Tried]]:
        question = Question(submission, item, day)
        tried = [rule.attempt(question) for rule in rules]
        if not self._district.has(submission.region):
            facts = {"region": submission.region, "district": self._district.name}
            return None, Problem("region", _OUTSIDE, facts), tried
        # a rule that cannot be decided might be the right one: with it in play nothing less specific may decide
        open_ = [each for each in tried if each.matches or each.undecided]
        best = max((each.specificity for each in open_), default=None)
        leading = [each for each in open_ if each.specificity == best]
        if len(leading) == 1 and leading[0].matches:
            return leading[0], None, tried
        if len(leading) > 1:
            lines = ", ".join(f"{self._file}:{each.line}" for each in leading)
            return None, Problem("item_code", _AMBIGUOUS, {"rules": lines}), tried
        return None, self._nowhere(item, tried), tried

    def _nowhere(self, item: Item, tried: Sequence[Tried]) -> Problem:
        department = self._departments[item.department]
        facts = {"department": department.key, "name": department.name}
        own = [each for each in tried if each.specificity[0]]
        if not own:
            return Problem("item_code", _NO_CONNECTOR, facts)
        reasons = "; ".join(
            f"{self._file}:{each.line} {'; '.join(reason.message('en') for reason in each.reasons)}" for each in own
        )
        return Problem("item_code", _UNROUTABLE, {**facts, "tried": reasons})


def route_file_schema() -> dict[str, Any]:
    """Return the JSON Schema of routes.yaml, for editors."""
    return _RuleFile.model_json_schema()


def _faults(rule: Rule, catalogue: Catalogue, connectors: Collection[str] | None) -> Iterable[tuple[str, str]]:
    """Yield what a rule speaks of that is not there: (key, what)."""
    if connectors is not None and rule.to not in connectors:
        yield "to", f"no connector {rule.to!r}; known: {', '.join(sorted(connectors)) or 'none'}"
    for code in rule.items:
        if not catalogue.versions(code) or (len(code) == 33 and not catalogue.serves(code)):
            yield "items", f"no item {code} in the catalogue"
    for key in rule.departments:
        if key not in catalogue.departments:
            yield "departments", f"no department {key!r}; known: {', '.join(sorted(catalogue.departments))}"
    for region in rule.regions:
        if not catalogue.district.has(region):
            yield "regions", f"division {region} is not in {catalogue.district.name}"


def _twins(rules: Sequence[CompiledRule]) -> Iterable[tuple[CompiledRule, CompiledRule]]:
    """Find rules that match exactly the same cases at the same time: each such case would be ambiguous."""
    seen: dict[Mapping[str, Any] | str, CompiledRule] = {}
    for rule in rules:
        same = repr(rule.rule.model_copy(update={"to": "", "note": None}))
        if same in seen:
            yield seen[same], rule
        seen.setdefault(same, rule)


def _tried_json(tried: Tried, chosen: int | None, file: str, language: Language) -> dict[str, Any]:
    outcome = "chosen" if tried.number == chosen else "less specific" if tried.matches else "no match"
    return {
        "rule": tried.number,
        "place": f"{file}:{tried.line}",
        "to": tried.rule.to,
        "outcome": outcome,
        "reasons": [reason.message(language) for reason in tried.reasons],
    }
