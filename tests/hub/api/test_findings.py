"""pydantic's findings become sentences with a remedy; none falls through to the vague one."""

import copy
import json
from typing import Any

import pytest
from pydantic import BaseModel, Field, ValidationError, field_validator

from cases.submission import Submission
from hub.api.example import EXAMPLE
from hub.api.findings import problems_of


def found(path: str, value: Any) -> dict[str, str]:
    document = copy.deepcopy(EXAMPLE)
    place: Any = document
    *above, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
    for part in above:
        place = place[part]
    place[last] = value
    with pytest.raises(ValidationError) as caught:
        Submission.model_validate_json(json.dumps(document))
    return {problem.field: problem.code for problem in problems_of(caught.value)}


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("applicant.name", "  ", "text_too_short"),
        ("applicant.name", "x" * 101, "text_too_long"),
        ("applicant.name", 7, "wrong_type"),
        ("applicant.kind", "dog", "not_in_list"),
        ("applicant.nickname", "x", "field_unknown"),
        ("applicant", "王示例", "wrong_type"),
        ("channel", "pigeon", "not_in_list"),
        ("region", "43", "wrong_pattern"),
        ("form", [], "wrong_type"),
        ("materials", {}, "wrong_type"),
        ("materials", [EXAMPLE["materials"][0]] * 101, "too_many"),
        ("materials.0.copies", 0, "out_of_range"),
        ("materials.0.copies", 100, "out_of_range"),
        ("materials.0.copies", "3", "wrong_type"),
        ("materials.0.copies", 1.5, "wrong_type"),
        ("materials.0.file", "abc", "wrong_pattern"),
        ("submitted_at", "2026-03-02T09:12:00", "time_without_offset"),
        ("submitted_at", "2026-02-30T09:12:00+08:00", "time_unreadable"),
        ("submitted_at", "2026-03-02", "time_unreadable"),
        ("submitted_at", 1772413920, "time_unreadable"),
        ("submitted_at", None, "time_unreadable"),
    ],
)
def test_each_kind_of_mistake_has_its_own_sentence(path: str, value: Any, code: str) -> None:
    assert found(path, value) == {path: code}


def test_every_mistake_is_listed_and_none_repeats_what_was_typed() -> None:
    bad = {"item_code": 1, "applicant": {"name": "机密姓名", "kind": "机密", "id_number": "机密号"}}
    with pytest.raises(ValidationError) as caught:
        Submission.model_validate_json(json.dumps(bad))
    problems = problems_of(caught.value)
    assert len(problems) == len(caught.value.errors()) >= 5
    for problem in problems:
        for language in ("zh-CN", "en"):
            assert "机密" not in problem.message(language)  # type: ignore[arg-type]


def test_a_rule_nobody_has_words_for_still_gets_a_sentence() -> None:
    class Odd(BaseModel):
        value: int = Field(multiple_of=7)
        text: str = ""

        @field_validator("text")
        @classmethod
        def _never(cls, _value: str) -> str:
            raise ValueError("secret detail")

    with pytest.raises(ValidationError) as caught:
        Odd(value=3, text="x")
    problems = problems_of(caught.value)
    assert {problem.code for problem in problems} == {"wrong_value"}
    assert all("secret" not in str(problem) for problem in problems)
