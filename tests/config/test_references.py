"""References to the environment and to secrets."""

from pathlib import Path

import pytest

from config.references import References, Unresolved, is_reference


def test_values_come_from_the_environment_at_any_depth() -> None:
    references = References({"HOST": "sj.test", "HUB_SECRET_SJ_TOKEN": "s3"})
    given = {"url": "http://${HOST}/a", "list": ["${secret:sj-token}", 3], "plain": "x", "none": None}
    assert references.fill(given) == {"url": "http://sj.test/a", "list": ["s3", 3], "plain": "x", "none": None}


def test_a_file_in_the_secrets_folder_wins(tmp_path: Path) -> None:
    (tmp_path / "sj_token").write_text("from the file\n", "utf-8")
    references = References({"HUB_SECRET_SJ_TOKEN": "from the environment"}, secrets_dir=tmp_path)
    assert references.fill("${secret:sj_token}") == "from the file"


@pytest.mark.parametrize(("text", "remedy"), [("${NOBODY}", "NOBODY"), ("${secret:nobody}", "HUB_SECRET_NOBODY")])
def test_what_has_no_value_says_what_to_do(text: str, remedy: str) -> None:
    with pytest.raises(Unresolved, match=remedy):
        References({}).fill(text)


def test_a_secret_is_not_in_the_representation() -> None:
    assert "s3cr3t" not in repr(References({"HUB_SECRET_A": "s3cr3t"}))


def test_a_secret_cannot_name_a_file_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("x", "utf-8")
    inside = tmp_path / "secrets"
    inside.mkdir()
    assert References({}, secrets_dir=inside).fill("${secret:../outside}") == "${secret:../outside}"  # no reference


def test_a_dry_run_leaves_secrets_as_they_are_written() -> None:
    references = References({"HOST": "sj.test", "HUB_SECRET_A": "s3cr3t"}, dry=True)
    assert references.fill("${HOST} ${secret:a} ${OTHER}") == "sj.test ${secret:a} ${OTHER}"


def test_a_reference_is_recognised() -> None:
    assert is_reference("${HOST}/a")
    assert not is_reference("$HOST {x}")
