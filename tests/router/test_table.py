"""Routing: exactly one most specific rule, or a refusal that says why."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.errors import ConfigError, MappingError, NotRouted
from cases.submission import Submission
from config.located import parse
from mappings import compile_condition
from router.table import Routed, RoutingTable
from tests.router.district import DAY, office, submission

OLD_AGE = "11430202HT0000018T4430511002000"
BASE = "{to: everybody, departments: [civil-affairs]}"


def table(*rules: str, compiler: Any = compile_condition, **options: Any) -> RoutingTable:
    text = "rules:\n" + "".join(f"  - {rule}\n" for rule in rules)
    located = parse(text, file="/somewhere/routes.yaml")
    return RoutingTable.load(located, catalogue=office().catalogue, compile_condition=compiler, **options)


def route(routes: RoutingTable, given: Submission | None = None, day: date = DAY) -> Routed:
    given = given or submission("old-age")
    return routes.route(given, office().catalogue.in_force(given.item_code, DAY), day)


def refusal(routes: RoutingTable, given: Submission | None = None) -> tuple[str, str]:
    with pytest.raises(NotRouted) as caught:
        route(routes, given)
    (problem,) = caught.value.problems
    return problem.code, problem.message("en")


def test_a_rule_for_the_department_takes_its_items() -> None:
    routed = route(table(BASE))
    assert (routed.destination, routed.department, routed.rule) == ("everybody", "civil-affairs", "routes.yaml:2")
    assert routed.why == ({"rule": 1, "place": "routes.yaml:2", "to": "everybody", "outcome": "chosen", "reasons": []},)


@pytest.mark.parametrize(
    "narrower",
    [
        f"{{to: narrow, items: [{OLD_AGE}]}}",
        "{to: narrow, departments: [civil-affairs], regions: ['430202001']}",
        "{to: narrow, departments: [civil-affairs], channels: [counter, web]}",
        "{to: narrow, departments: [civil-affairs], when: \"applicant.id_type == '111'\"}",
    ],
)
def test_the_more_specific_rule_decides_wherever_it_stands(narrower: str) -> None:
    assert route(table(BASE, narrower)).destination == "narrow"
    assert route(table(narrower, BASE)).destination == "narrow"


def test_the_longest_region_decides() -> None:
    rules = [
        "{to: district, departments: [civil-affairs], regions: ['430202']}",
        "{to: community, departments: [civil-affairs], regions: ['430202001002', '430202002']}",
        "{to: town, departments: [civil-affairs], regions: ['430202001']}",
    ]
    assert route(table(*rules)).destination == "community"
    assert route(table(*rules), submission("old-age", region="430202001")).destination == "town"
    assert route(table(*rules), submission("old-age", region="430202100201")).destination == "district"


def test_an_item_outweighs_region_channel_and_condition() -> None:
    rules = [
        "{to: place, departments: [civil-affairs], regions: ['430202001002'], channels: [counter], "
        "when: \"channel == 'counter'\"}",
        f"{{to: item, items: [{OLD_AGE}]}}",
    ]
    assert route(table(*rules)).destination == "item"


def test_a_handle_outweighs_its_item() -> None:
    food = "11430202HT0000034G4430131002000"
    routes = table(f"{{to: item, items: [{food}]}}", f"{{to: handle, items: [{food}01]}}")
    assert route(routes, submission("food-licence")).destination == "handle"
    assert route(routes, submission("food-licence-promised")).destination == "item"


def test_a_rule_counts_in_its_time_only() -> None:
    rules = table(
        BASE,
        f"{{to: summer, items: [{OLD_AGE}], effective_from: 2026-06-01, effective_until: 2026-08-31}}",
    )
    days = [date(2026, 5, 31), date(2026, 6, 1), date(2026, 8, 31), date(2026, 9, 1)]
    assert [route(rules, day=day).destination for day in days] == ["everybody", "summer", "summer", "everybody"]


def test_a_condition_sees_form_and_item() -> None:
    rules = table(BASE, "{to: narrow, departments: [civil-affairs], when: \"item.kind == 'instant'\"}")
    assert route(rules).destination == "everybody"
    assert route(rules, submission("cremation")).destination == "narrow"


def test_equally_specific_rules_are_ambiguous() -> None:
    code, words = refusal(table(BASE, "{to: other, departments: [civil-affairs], effective_from: 2025-01-01}"))
    assert code == "ambiguous"
    assert "routes.yaml:2, routes.yaml:3" in words


def test_no_rule_for_the_department_means_no_connector() -> None:
    code, words = refusal(table("{to: other, departments: [tax]}"))
    assert code == "department_without_connector"
    assert "civil-affairs has no connector in force" in words


def test_rules_that_do_not_match_are_named_with_every_reason() -> None:
    code, words = refusal(
        table(
            "{to: xx, departments: [civil-affairs], regions: ['430202100'], channels: [web], "
            "effective_from: 2027-01-01}"
        )
    )
    assert code == "unroutable"
    for part in ("routes.yaml:2", "430202100 only", "channel web only", "from 2027-01-01"):
        assert part in words


def test_a_region_outside_the_district_goes_nowhere() -> None:
    assert refusal(table(BASE), submission("old-age", region="430203001"))[0] == "region_outside"


def undecidable(text: str, *, file: str, line: int) -> Callable[[Mapping[str, Any]], bool]:
    def run(_: Mapping[str, Any]) -> bool:
        raise MappingError(file=file, line=line, target="", source="form.x", what="form.x is missing")

    return run


def test_a_condition_that_cannot_be_decided_refuses_instead_of_falling_back() -> None:
    routes = table(BASE, "{to: narrow, departments: [civil-affairs], when: form.x}", compiler=undecidable)
    code, words = refusal(routes)
    assert code == "unroutable"
    assert "form.x is missing" in words


def test_an_undecided_rule_that_is_less_specific_does_not_matter() -> None:
    routes = table(
        f"{{to: item, items: [{OLD_AGE}]}}",
        "{to: narrow, departments: [civil-affairs], when: form.x}",
        compiler=undecidable,
    )
    assert route(routes).destination == "item"


def test_explain_lists_every_rule_and_why() -> None:
    routes = table(
        "{to: tax, departments: [tax]}",
        BASE,
        f"{{to: web, items: [{OLD_AGE}], channels: [web]}}",
        f"{{to: item, items: [{OLD_AGE}]}}",
    )
    given = submission("old-age")
    explained = routes.explain(given, office().catalogue.in_force(OLD_AGE, DAY), DAY).as_json()
    assert (explained["destination"], explained["rule"], explained["refused"]) == ("item", 4, None)
    assert [tried["outcome"] for tried in explained["tried"]] == ["no match", "less specific", "no match", "chosen"]
    assert explained["tried"][2]["reasons"] == ["the rule is for channel web only"]
    chinese = routes.explain(given, office().catalogue.in_force(OLD_AGE, DAY), DAY).as_json("zh-CN")
    assert chinese["tried"][2]["reasons"] == ["规则只适用于渠道web"]


def test_explain_says_why_nothing_takes_it() -> None:
    given = submission("old-age")
    explained = table("{to: tax, departments: [tax]}").explain(given, office().catalogue.in_force(OLD_AGE, DAY), DAY)
    assert explained.destination is None
    assert explained.refused is not None
    assert explained.as_json()["refused"]["code"] == "department_without_connector"


RULES = st.lists(
    st.sampled_from(
        [
            "{to: aa, departments: [civil-affairs], note: one}",
            "{to: bb, departments: [civil-affairs], regions: ['430202001']}",
            "{to: cc, departments: [civil-affairs], regions: ['430202001'], channels: [counter]}",
            "{to: dd, departments: [civil-affairs], channels: [counter]}",
            f"{{to: ee, items: [{OLD_AGE}], channels: [web]}}",
            f"{{to: ff, items: [{OLD_AGE}], regions: ['430202002']}}",
            "{to: gg, departments: [civil-affairs], when: \"applicant.kind == 'person'\"}",
            "{to: hh, departments: [civil-affairs], effective_until: 2026-01-01}",
        ]
    ),
    unique=True,
    min_size=1,
    max_size=6,
)


@settings(max_examples=50)
@given(RULES, st.randoms(use_true_random=False))
def test_order_in_the_file_never_matters_and_explain_agrees_with_route(rules: list[str], random: Any) -> None:
    def ends(order: list[str]) -> str:
        routes = table(*order)
        explained = routes.explain(submission("old-age"), office().catalogue.in_force(OLD_AGE, DAY), DAY)
        try:
            destination = route(routes).destination
        except NotRouted as error:
            return "|".join([error.problems[0].code, str(explained.refused and explained.refused.code)])
        assert explained.destination == destination
        return destination

    shuffled = list(rules)
    random.shuffle(shuffled)
    end = ends(rules)
    assert end == ends(shuffled)
    assert len(set(end.split("|"))) == 1  # route and explain refuse for the same reason


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("{to: xx}", "which items or departments"),
        ("{to: xx, departments: [nobody]}", "no department 'nobody'"),
        ("{to: xx, items: [11430202HT0000018T4430511099000]}", "no item"),
        (f"{{to: xx, items: [{OLD_AGE}01]}}", "no item"),
        ("{to: xx, departments: [tax], regions: ['430203']}", "division 430203"),
        ("{to: xx, departments: [tax], channels: [fax]}", "channels.0"),
        ("{to: xx, departments: [tax], when: 'applicant.name =='}", "routes.yaml:2"),
        ("{to: X, departments: [tax]}", "to"),
        ("{to: xx, departments: [tax], effective_from: 2026-02-02, effective_until: 2026-02-01}", "effective_until"),
        ("{to: xx, departments: [tax], effectve_from: 2026-02-02}", "Extra inputs"),
    ],
)
def test_a_wrong_rule_is_a_finding_with_its_line(rule: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        table(rule)
    assert all(str(finding).startswith("/somewhere/routes.yaml:2") for finding in caught.value.findings)


def test_a_connector_that_is_not_there_is_a_finding_where_connectors_are_known() -> None:
    assert table(BASE, connectors={"everybody"})
    with pytest.raises(ConfigError, match="no connector 'everybody'; known: civil-affairs"):
        table(BASE, connectors={"civil-affairs"})


def test_two_rules_that_say_the_same_are_a_finding() -> None:
    with pytest.raises(ConfigError, match="says the same as the rule on line 2"):
        table(BASE, "{to: other, departments: [civil-affairs], note: 又一条}")
