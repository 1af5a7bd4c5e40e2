"""`hub item`, `hub route`, `hub schema`: run as a user runs them."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import pytest
from typer.testing import CliRunner, Result

from cases.errors import HubError
from config.settings import REFERENCE_DISTRICT
from hub.cli.main import build

OLD_AGE = "11430202HT0000018T4430511002000"
HEAD = "实施编码,事项名称,版本,生效日期,办件类型,法定期限,承诺期限,部门"
NEW = "11430202HT0000018T4430511005000,临时救助给付,1,2025-01-01,承诺件,20,10,civil-affairs"


def run(*arguments: str) -> Result:
    """Run `hub` in this process."""
    return CliRunner().invoke(build(arguments[0]), arguments)


def error_of(*arguments: str) -> str:
    """Run a command that must fail with an error the hub can name."""
    result = run(*arguments)
    assert isinstance(result.exception, HubError), result.output
    return str(result.exception)


@pytest.fixture
def settings(tmp_path: Path) -> str:
    path = tmp_path / "hub.yaml"
    path.write_text(f"data_dir: {tmp_path / 'var'}\n", "utf-8")
    return str(path)


def items_file(tmp_path: Path, *rows: str) -> str:
    path = tmp_path / "items.csv"
    path.write_text("\n".join([HEAD, *rows]), "utf-8")
    return str(path)


def test_list_shows_what_takes_cases(settings: str) -> None:
    result = run("item", "list", "--config", settings, "--json")
    assert len(json.loads(result.stdout)) == 33
    text = run("item", "list", "--config", settings, "--department", "tax").stdout
    assert "新办纳税人套餐" in text
    assert "1 item(s)" in text


def test_an_unknown_department_is_named(settings: str) -> None:
    assert "no department 'nobody'" in error_of("item", "list", "--config", settings, "--department", "nobody")


def test_show_tells_limits_papers_and_form(settings: str) -> None:
    text = run("item", "show", OLD_AGE, "--config", settings).stdout
    for part in ("高龄津贴申领", "行政给付, 县级", "legal 20, promised 5", "银行卡复印件", "bank_card"):
        assert part in text
    (item,) = json.loads(run("item", "show", OLD_AGE, "--config", settings, "--json").stdout)
    assert item["codes"] == [OLD_AGE]


def test_show_says_what_is_wrong_with_a_code(settings: str) -> None:
    assert "fail their check" in error_of("item", "show", OLD_AGE.replace("8T", "8X"), "--config", settings)
    assert "no item with this code" in error_of(
        "item", "show", OLD_AGE.replace("002000", "099000"), "--config", settings
    )


def test_looking_creates_no_database(settings: str, tmp_path: Path) -> None:
    run("item", "list", "--config", settings)
    assert not (tmp_path / "var").exists()


def test_an_import_is_checked_stored_and_seen(settings: str, tmp_path: Path) -> None:
    file = items_file(tmp_path, NEW)
    assert (
        "1 item version(s) checked, nothing stored"
        in run("item", "import", file, "--config", settings, "--check").stdout
    )
    assert len(json.loads(run("item", "list", "--config", settings, "--json").stdout)) == 33
    assert "1 item version(s) imported" in run("item", "import", file, "--config", settings).stdout
    assert "0 item version(s) imported" in run("item", "import", file, "--config", settings).stdout
    assert len(json.loads(run("item", "list", "--config", settings, "--json").stdout)) == 34


def test_an_imported_version_never_changes(settings: str, tmp_path: Path) -> None:
    run("item", "import", items_file(tmp_path, NEW), "--config", settings)
    changed = items_file(tmp_path, NEW.replace(",10,", ",5,"))
    assert f"{changed}:2: items.0.version" in error_of("item", "import", changed, "--config", settings)
    assert (
        "1 item"
        in run("item", "import", items_file(tmp_path, NEW.replace(",1,2025", ",2,2025")), "--config", settings).stdout
    )


def test_an_import_with_findings_lists_them_all_and_stores_nothing(settings: str, tmp_path: Path) -> None:
    file = items_file(tmp_path, NEW, NEW.replace("018T", "018X"), NEW.replace("承诺件", "快件"))
    message = error_of("item", "import", file, "--config", settings)
    assert [line.split(": ")[:2] for line in message.splitlines()] == [
        [f"{file}:3", "items.1.code"],
        [f"{file}:4", "items.2.kind"],
    ]
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("name", ["old-age", "food-licence", "seals"])
def test_explain_names_the_rule_and_every_rule_tried(settings: str, name: str) -> None:
    case = str(REFERENCE_DISTRICT / "cases" / f"{name}.json")
    explained = json.loads(run("route", "explain", case, "--config", settings, "--json").stdout)
    assert explained["destination"] == explained["department"]
    assert [tried["outcome"] for tried in explained["tried"]].count("chosen") == 1
    assert len(explained["tried"]) == 3
    assert explained["problems"] == []
    text = run("route", "explain", case, "--config", settings)
    assert text.exit_code == 0
    assert f"goes to      {explained['destination']}" in text.stdout


def test_explain_says_why_a_case_would_be_refused(settings: str) -> None:
    result = run("route", "explain", str(REFERENCE_DISTRICT / "cases/wrong/no-connector.json"), "--config", settings)
    assert result.exit_code == 1
    assert "natural-resources has no connector in force" in result.stdout


def test_explain_lists_the_problems_of_the_case_too(settings: str) -> None:
    result = run("route", "explain", str(REFERENCE_DISTRICT / "cases/wrong/wrong-checksum.json"), "--config", settings)
    assert result.exit_code == 1
    assert "applicant.id_number: The citizen ID's check character" in result.stdout


def test_explain_names_the_line_of_what_is_no_submission(settings: str) -> None:
    case = str(REFERENCE_DISTRICT / "cases/wrong/naive-time.json")
    assert "naive-time.json:" in error_of("route", "explain", case, "--config", settings)


@pytest.mark.parametrize("name", ["case", "submission", "status", "items", "routes", "connector", "mapping"])
def test_each_schema_is_one(name: str) -> None:
    jsonschema_rs.meta.validate(json.loads(run("schema", name).stdout))


def test_an_unknown_schema_names_the_known_ones() -> None:
    assert "case, submission" in error_of("schema", "nothing")


def test_example_submissions_fit_the_published_schema() -> None:
    validator = jsonschema_rs.Draft202012Validator(json.loads(run("schema", "submission").stdout))
    for path in (REFERENCE_DISTRICT / "cases").glob("*.json"):
        validator.validate(json.loads(path.read_text("utf-8")))


def test_errors_reach_the_user_without_traceback(tmp_path: Path) -> None:
    hub = [sys.executable, "-m", "hub.cli.main", "item", "show", "114"]
    result = subprocess.run(hub, capture_output=True, text=True, timeout=60, cwd=tmp_path, check=False)
    assert result.returncode == 1
    assert result.stderr.startswith("hub: item_code: The item code has 3 characters")
    assert "Traceback" not in result.stderr


def test_the_openapi_document_names_the_door() -> None:
    document = json.loads(run("schema", "openapi").stdout)
    assert document["openapi"].startswith("3.1")
    assert {"201", "422"} <= document["paths"]["/v1/cases"]["post"]["responses"].keys()
