"""`hub connector`, as people and scripts call it."""

import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cases.errors import InvalidInput
from hub.cli.connector import app

DEPARTMENTS = Path(__file__).parents[3] / "config" / "hetang" / "departments"
BUREAU = DEPARTMENTS / "market-supervision"
EXAMPLES = DEPARTMENTS.parent / "cases"
CASE = str(BUREAU / "cases" / "sole-trader.json")


def hub(*arguments: str, environment: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), env=environment)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BUREAU, tmp_path / "market-supervision"))


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def test_sound_packs_have_no_errors() -> None:
    result = hub("lint", *map(str, sorted(DEPARTMENTS.iterdir())))
    assert result.exit_code == 0, result.output
    assert "no errors" in result.stdout


def test_a_mistake_is_printed_with_its_place(pack: Path) -> None:
    change(pack / "request.yaml", "from: region", "from: regoin")
    result = hub("lint", str(pack))
    assert result.exit_code == 1
    assert "request.yaml:7: to.xzqh.from: no such field: regoin" in result.stderr
    findings = json.loads(hub("lint", str(pack), "--json").stdout)
    assert {"line": 7, "severity": "error"}.items() <= next(f for f in findings if "regoin" in f["what"]).items()


def test_examples_run_and_a_failing_one_is_named(pack: Path) -> None:
    assert hub("test", str(pack)).exit_code == 0
    change(pack / "tests.yaml", "state: RECEIVED", "state: ACCEPTED")
    result = hub("test", str(pack))
    assert result.exit_code == 1
    assert "their 01 is received: state: expected 'ACCEPTED', got 'RECEIVED'" in result.stderr


def test_a_pack_without_examples_says_so(pack: Path) -> None:
    (pack / "tests.yaml").unlink()
    result = hub("test", str(pack))
    assert result.exit_code == 1
    assert "examples" in str(result.exception)


def test_a_dry_run_shows_document_trace_and_bytes_and_sends_nothing() -> None:
    result = hub("try", str(BUREAU), "--case", CASE, "--show-personal")
    assert result.exit_code == 0, result.output
    assert '"sqrmc": "荷小满"' in result.stdout
    assert "sqr.zjlx = 10  <- applicant.id_type" in result.stdout
    assert "POST ${MARKET_SUPERVISION_URL}/api/v1/banjian" in result.stdout
    assert "nothing was sent" in result.stdout


def test_a_dry_run_shows_no_secret() -> None:
    secrets = {"HUB_SECRET_MARKET_SUPERVISION_TOKEN": "s3cr3t", "MARKET_SUPERVISION_URL": "http://sj.test"}
    shown = json.loads(hub("try", str(BUREAU), "--case", CASE, "--json", environment=secrets).stdout)
    assert "s3cr3t" not in json.dumps(shown)
    assert shown["wire"].startswith("POST http://sj.test/api/v1/banjian\n")
    assert "outcome" not in shown


def test_what_is_no_case_is_a_plain_sentence(tmp_path: Path) -> None:
    file = tmp_path / "case.json"
    for content in ("[]", "{", '{"case_no": 1}'):
        file.write_text(content, "utf-8")
        result = hub("try", str(BUREAU), "--case", str(file))
        assert result.exit_code == 1
        assert str(file) in str(result.exception)


class _Bureau(BaseHTTPRequestHandler):
    """Takes every case."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        body = b'{"code": "0", "data": {"slbh": "SJ7"}}'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Stay quiet."""


@pytest.fixture
def bureau() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Bureau)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("outgoing", "outcome"), [("127.0.0.1", "accepted"), ("10.0.0.0/8", "again")])
def test_with_send_it_goes_out_where_the_operator_allows_it(bureau: str, outgoing: str, outcome: str) -> None:
    environment = {
        "MARKET_SUPERVISION_URL": bureau,
        "HUB_SECRET_MARKET_SUPERVISION_TOKEN": "one",
        "HUB_SECRET_MARKET_SUPERVISION_CALLBACK_TOKEN": "two",
        "HUB_OUTGOING": outgoing,
    }
    result = hub("try", str(BUREAU), "--case", CASE, "--send", "--json", environment=environment)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["outcome"]["outcome"] == outcome


@pytest.mark.parametrize(
    ("key", "name", "as_named"),
    [
        ("civil-affairs", "old-age", "XZQH"),
        ("market-supervision", "company", "ywlsh"),
        ("public-security", "birth", "CSDJ"),
    ],
)
def test_a_submission_is_tried_under_trial_numbers(key: str, name: str, as_named: str) -> None:
    arguments = ("try", str(DEPARTMENTS / key), "--case", str(EXAMPLES / f"{name}.json"))
    shown = json.loads(hub(*arguments, "--json").stdout)
    assert as_named in shown["document"]
    assert shown["route"]["to"] == key
    assert shown["route"]["rule"].startswith("routes.yaml:")
    assert shown["trial_numbers"]
    assert "YYYY" in shown["wire"]
    assert "for this trial only" in hub(*arguments).stdout


@pytest.mark.parametrize("name", ["old-age", "minimum-living", "cremation", "disability-allowance"])
def test_no_personal_value_of_a_case_is_on_the_screen(name: str) -> None:
    case = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))
    arguments = ("try", str(DEPARTMENTS / "civil-affairs"), "--case", str(EXAMPLES / f"{name}.json"))
    masked, whole = hub(*arguments).stdout, hub(*arguments, "--show-personal").stdout
    for role in ("applicant", "agent", "subject"):
        for field in ("name", "id_number", "phone", "address"):
            value = (case.get(role) or {}).get(field)
            assert value is None or value not in masked, field
    assert case["applicant"]["id_number"] in whole
    assert "--show-personal" in masked


def test_a_case_of_another_department_is_shown_but_never_sent_there() -> None:
    arguments = ("try", str(BUREAU), "--case", str(EXAMPLES / "old-age.json"))
    refused = hub(*arguments, "--send")
    assert refused.exit_code == 1
    assert "go to civil-affairs, not to market-supervision" in str(refused.exception)


def test_a_submission_the_door_would_refuse_is_refused() -> None:
    result = hub("try", str(BUREAU), "--case", str(EXAMPLES / "wrong" / "missing-material.json"))
    assert result.exit_code == 1
    assert isinstance(result.exception, InvalidInput)


def test_a_submission_needs_a_district(pack: Path) -> None:
    submission = str(EXAMPLES / "company.json")
    assert "--district" in str(hub("try", str(pack), "--case", submission).exception)
    assert hub("try", str(pack), "--case", submission, "--district", str(EXAMPLES.parent)).exit_code == 0


def test_the_list_shows_every_pack_and_what_is_wrong_with_it(tmp_path: Path) -> None:
    district = shutil.copytree(EXAMPLES.parent, tmp_path / "hetang")
    change(district / "departments" / "market-supervision" / "connector.yaml", "kind: rest", "kind: pigeon")
    rows = {row["key"]: row for row in json.loads(hub("list", "--district", str(district), "--json").stdout)}
    sound, broken = rows["public-security"], rows["market-supervision"]
    assert (sound["kind"], sound["department"], sound["in_force"]) == ("filedrop", "株洲市公安局荷塘分局", True)
    assert (len(sound["version"]), sound["trouble"]) == (12, None)
    assert "pigeon" in broken["trouble"]
    assert not broken["in_force"]
    text = hub("list", "--district", str(district)).stdout
    assert f"{sound['version']}  file  key  in force" in text
    assert "NOT in force: " in text


@pytest.mark.parametrize("command", ["lint", "test", "try", "list", "simulate"])
def test_every_command_has_an_example(command: str) -> None:
    assert f"hub connector {command}" in " ".join(hub(command, "--help").stdout.split())
