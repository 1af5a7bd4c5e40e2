"""Packs from their folders: what is sound opens, what is not is listed with its place."""

import pickle
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from cases.errors import ConfigError, ReplyUnreadable
from cases.lifecycle import MOVES, Standing, Verdict, admit
from cases.states import State
from config.findings import errors
from config.references import References
from connectors.contract import Incoming
from connectors.examination import examine
from connectors.kinds import find_kind, kind_names
from connectors.pack_loader import LoadedPack, load_pack
from connectors.pack_tests import run_tests
from connectors.registry import Registry
from connectors.wire.egress import Egress
from mappings.compiler import compile_mapping
from mappings.status import read_status
from tests.connectors.packs import DEPARTMENTS, department

KEYS = sorted(folder.name for folder in DEPARTMENTS.iterdir() if (folder / "tests.yaml").exists())
ENVIRONMENT = {
    "CIVIL_AFFAIRS_URL": "http://127.0.0.1:1",
    "MARKET_SUPERVISION_URL": "http://127.0.0.1:1",
    "PUBLIC_SECURITY_FOLDER": "/nowhere",
    "HUB_SECRET_MARKET_SUPERVISION_TOKEN": "s3cr3t-token",
    "HUB_SECRET_MARKET_SUPERVISION_CALLBACK_TOKEN": "s3cr3t-callback",
}
Edit = Callable[[str, str, str], Path]


@pytest.fixture
def edit(tmp_path: Path) -> Edit:
    """Copy market supervision's pack with one text replaced in one file."""

    def change(file: str, old: str, new: str) -> Path:
        folder = tmp_path / "departments" / "market-supervision"
        if not folder.exists():
            shutil.copytree(DEPARTMENTS / "market-supervision", folder)
        text = (folder / file).read_text("utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new), "utf-8")
        return folder

    return change


def findings(folder: Path) -> str:
    try:
        return "\n".join(map(str, errors(examine(load_pack(folder)))))
    except ConfigError as error:
        return str(error)


@pytest.mark.parametrize("key", KEYS)
def test_a_pack_of_the_reference_district_has_no_errors(key: str) -> None:
    assert errors(examine(load_pack(DEPARTMENTS / key))) == []


@pytest.mark.parametrize("key", KEYS)
def test_a_pack_of_the_reference_district_passes_its_own_examples(key: str) -> None:
    assert [result for result in run_tests(load_pack(DEPARTMENTS / key)) if result.trouble] == []


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("connector.yaml", "kind: rest", "kind: carrier_pigeon", "connector.yaml:7: kind: no kind 'carrier_pigeon'"),
        ("connector.yaml", "in_flight: 16", "in_flihgt: 16", "limits.in_flihgt: Extra inputs"),
        ("connector.yaml", "kind: x_tif, app_id: hetang-ycst", "kind: telepathy", "auth.kind: must be one of"),
        ("connector.yaml", '"${secret:market_supervision_token}"', "abc123", "auth.token: write ${secret:name}"),
        (
            "connector.yaml",
            '"${secret:market_supervision_callback_token}"',
            "abc123",
            "endpoint.callback.check.token: write ${secret:name}",
        ),
        ("connector.yaml", "lookup: findCase", "lookup: askThem", "no operation 'askThem'"),
        ("connector.yaml", "{case_no}", "{caseno}", "{caseno} is not known"),
        ("connector.yaml", "reply.code == '0'", "reply.code = '0'", "not an expression"),
        ("connector.yaml", "  - applicant.phone\n", "", "applicant.phone"),
        ("connector.yaml", "  - form.*\n", "  - form.*\n  - delivery.phone\n", "delivery.phone is allowed to leave"),
        ("connector.yaml", "key: market-supervision", "key: somebody-else", "name of the pack's folder"),
        ("request.yaml", "applicant.name, max_length: 100", "applicant.nmae, max_length: 100", "applicant.nmae"),
        ("request.yaml", "max_length: 200, omit_if_missing", "max_length: 300, omit_if_missing", "request.yaml"),
        ("request.yaml", "  bjlx:", "  unheard_of:", "unheard_of"),
        ("request.yaml", "table: channel_to_market_supervision", "table: nowhere", "nowhere"),
        ("tables/channel_to_market_supervision.yaml", '  app: "3"    # 移动端\n', "", "'app'"),
        ("tables/market_supervision_states.yaml", '  "08": RETURNED    # 退件\n', "", "'08'"),
        ("tables/market_supervision_states.yaml", "RETURNED", "SENT_HOME", "SENT_HOME"),
        ("status.yaml", "correlate: {case_no: ywlsh, foreign_no: slbh}\n", "", "correlate"),
        ("request.schema.json", '"title": "POST', '"title" "POST', "request.schema.json"),
    ],
)
def test_a_mistake_has_a_place_and_a_name(edit: Edit, file: str, old: str, new: str, words: str) -> None:
    assert words in findings(edit(file, old, new))


def test_every_finding_is_listed_at_once(edit: Edit) -> None:
    edit("request.yaml", "from: region}", "from: regoin}")
    folder = edit("status.yaml", "from: zt,", "from: zustand,")
    assert "regoin" in findings(folder)
    assert "zustand" in findings(folder)


def test_a_bad_pack_stops_no_other(edit: Edit) -> None:
    bad = edit("connector.yaml", "kind: rest", "kind: nothing")
    shutil.copytree(DEPARTMENTS / "public-security", bad.parent / "public-security")
    registry = Registry.open(bad.parent, egress=Egress([]), references=References(ENVIRONMENT))
    assert list(registry.departments) == ["public-security"]
    assert "no kind 'nothing'" in str(registry.findings["market-supervision"][0])


def test_a_mapping_that_reads_more_than_it_may_is_not_opened(edit: Edit) -> None:
    folder = edit("connector.yaml", "  - applicant.id_number\n", "")
    registry = Registry.open(folder.parent, egress=Egress([]), references=References(ENVIRONMENT))
    assert registry.departments == {}
    assert "applicant.id_number" in str(registry.findings["market-supervision"])


def test_a_missing_secret_is_named_and_no_secret_is_shown(edit: Edit) -> None:
    folder = edit("connector.yaml", "key: market-supervision", "key: market-supervision")
    some = {name: value for name, value in ENVIRONMENT.items() if not name.endswith("SUPERVISION_TOKEN")}
    registry = Registry.open(folder.parent, egress=Egress([]), references=References(some))
    told = str(registry.findings["market-supervision"])
    assert "HUB_SECRET_MARKET_SUPERVISION_TOKEN" in told
    assert "s3cr3t" not in told


def test_no_secret_is_in_what_a_department_shows_of_itself() -> None:
    opened = department("market-supervision", ENVIRONMENT)
    assert "s3cr3t" not in repr(vars(opened)) + repr(vars(opened.connector))


def test_the_digest_changes_with_any_file(edit: Edit) -> None:
    before = load_pack(edit("status.yaml", "title", "title")).digest
    assert load_pack(edit("tests.yaml", "sole trader", "sole trader, again")).digest != before


@pytest.mark.parametrize(
    ("key", "raw", "state", "result"),
    [
        ("civil-affairs", {"CZSJ": "20260309103000", "YY": "见通知书"}, "ZT", "BJJG"),
        ("market-supervision", {"bgsj": "20260309103000", "yy": "见通知书"}, "zt", "jg"),
        ("public-security", {"ZTSJ": "2026-03-09 10:30:00", "YY": "见通知书"}, "ZTDM", "JGDM"),
    ],
)
def test_every_state_and_result_a_department_can_send_is_one_that_a_case_can_take(
    key: str, raw: dict[str, str], state: str, result: str
) -> None:
    status = load_pack(DEPARTMENTS / key).status
    assert status is not None
    mapping, prefix = compile_mapping(status), key.replace("-", "_")
    states, results = (status.tables[f"{prefix}_{name}"].rows for name in ("states", "results"))
    for code in states:
        for outcome in results:
            update = read_status(mapping, {**raw, state: code, result: outcome})
            sources = [here for here in State if update.state in MOVES[here]]
            since = update.occurred_at - timedelta(hours=1)
            filings = [admit(Standing(state=here, since=since), update) for here in sources]
            assert any(filing.verdict is Verdict.ADMITTED for filing in filings), (code, outcome, filings)


def test_links_do_not_belong_into_a_pack(edit: Edit) -> None:
    folder = edit("status.yaml", "title", "title")
    (folder / "link.json").symlink_to("/etc/hostname")
    assert "is a link" in findings(folder)


def test_a_status_without_a_case_is_an_error_to_be_parked() -> None:
    raw = {"zt": "01", "bgsj": "20260302093000"}
    with pytest.raises(ReplyUnreadable, match="names no case"):
        department("market-supervision", ENVIRONMENT).read_status(Incoming(raw=raw, way="callback", digest="0"))


def test_a_failing_example_says_where(edit: Edit) -> None:
    folder = edit("tests.yaml", 'zcxs: "1"', 'zcxs: "2"')
    troubles = [result.trouble for result in run_tests(load_pack(folder)) if result.trouble]
    assert troubles == ["gtgsh.zcxs: expected '2', got '1'"]


@pytest.mark.parametrize(
    ("old", "new", "trouble"),
    [
        ("given: cases/company.json", "given: cases/nowhere.json", "cases/nowhere.json: cannot be read: no such file"),
        (
            "absent: [gtgsh, spjy]",
            "absent: ['yxgs.gdlb[1].rjcz']",
            "yxgs.gdlb[1].rjcz: must not be written, got '20.50'",
        ),
        ("expect: {outcome: unknown}", "expect: {outcome: accepted}", "outcome: expected 'accepted', got 'unknown'"),
        ('error: "no entry for', 'error: "no row for', "expected the error no row for"),
    ],
)
def test_every_sort_of_example_can_fail(edit: Edit, old: str, new: str, trouble: str) -> None:
    troubles = [result.trouble for result in run_tests(load_pack(edit("tests.yaml", old, new)))]
    assert [trouble in each for each in troubles if each] == [True], troubles


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("  answer: {given: {msg: ok}", "  reply: {given: {msg: ok}", "reply: Extra inputs"),
        ("absent: [gtgsh, spjy]", "absent: ['gtgsh..']", "is not a path"),
        (
            "papers\n  status: {given",
            "papers\n  answer: {given: {}, error: x}\n  status: {given",
            "a test is for one of",
        ),
    ],
)
def test_what_is_no_example_is_refused_with_its_line(edit: Edit, old: str, new: str, what: str) -> None:
    with pytest.raises(ConfigError, match=rf"tests\.yaml:\d+: .*{what}"):
        run_tests(load_pack(edit("tests.yaml", old, new)))


def test_kinds_are_known_by_name_and_load_on_demand() -> None:
    assert {"rest", "filedrop", "soap"} <= set(kind_names())
    assert find_kind("carrier_pigeon") is None


def test_a_loaded_pack_is_typed() -> None:
    assert isinstance(load_pack(DEPARTMENTS / "market-supervision"), LoadedPack)


def test_a_summary_is_plain_and_can_be_handed_to_another_process() -> None:
    registry = Registry.open(DEPARTMENTS, egress=Egress([]), references=References(ENVIRONMENT))
    summary = pickle.loads(pickle.dumps(registry.summary()))
    assert summary.packs.keys() == registry.departments.keys() == set(KEYS)
    assert summary.receiving == {"market-supervision"}
    alone = Registry.open(DEPARTMENTS, egress=Egress([]), references=References(ENVIRONMENT), only=summary.receiving)
    assert set(alone.departments) == summary.receiving
