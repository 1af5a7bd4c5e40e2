"""Everything about a submission that can be checked at the door, given the item's version in force."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from cases.identity import check_party, check_phone
from cases.moments import local_day
from cases.problems import Problem, message
from cases.submission import Material, MaterialForm, Party, Submission
from router.items import Item, ItemState, MaterialRule, PartyRule

#: How far ahead of ours a portal's clock may run.
MAX_SKEW: Final = timedelta(minutes=5)

_SUSPENDED = message(
    "item_suspended",
    "“{name}”已暂停办理。请咨询受理部门何时恢复。",
    "{name} is suspended. Ask the department when it will be offered again.",
)
_CANCELLED = message(
    "item_cancelled",
    "“{name}”已取消，不再受理。请在事项清单中查找替代事项。",
    "{name} is cancelled. Look for its successor in the catalogue.",
)
_FUTURE = message(
    "submitted_in_future",
    "提交时间晚于当前时间5分钟以上。请校准系统时钟，并带时区偏移提交。",
    "submitted_at lies more than 5 minutes in the future. Set the clock right and send the time with its offset.",
)
_ROLE = {"applicant": "申请人", "agent": "经办人", "subject": "事项对象"}
_MISSING = message("party_required", "该事项必须填写{role_zh}信息。请补充。", "This item needs the {role}. Add it.")
_UNWANTED = message(
    "party_not_allowed",
    "该事项不需要{role_zh}信息。请删除。",
    "This item has no {role}. Remove it.",
)
_KIND = message(
    "party_kind",
    "该事项的{role_zh}应为{kinds_zh}。请改正，或选择其他事项。",
    "The {role} of this item is of kind {kinds}. Correct it, or choose another item.",
)
_ID_TYPE = message(
    "party_id_type",
    "该事项的{role_zh}可用证件类型：{types}。请改用其中一种。",
    "The {role} of this item is identified by document type {types}. Use one of these.",
)
_MATERIAL_MISSING = message(
    "material_missing",
    "缺少必备材料“{name}”（编码{code}）。请补充，可用形式：{forms_zh}。",
    "Required material {code} ({name}) is missing. Add it; forms that are taken: {forms}.",
)
_MATERIAL_UNKNOWN = message(
    "material_unknown",
    "该事项没有编码为{code}的材料。请从材料清单中选择：{known}。",
    "The item has no material {code}. Choose from its list: {known}.",
)
_MATERIAL_FORM = message(
    "material_form",
    "材料“{name}”不能以{form_zh}形式提交。可用形式：{forms_zh}。",
    "Material {name} cannot come as {form}. Forms that are taken: {forms}.",
)
_NO_LICENCE = message(
    "material_without_licence",
    "材料“{name}”以电子证照提交时，应填写电子证照标识（licence_no）。",
    "Material {name} comes as an e-licence: give its identifier in licence_no.",
)
_NO_FILE = message(
    "material_without_file",
    "材料“{name}”以电子文件提交时，应先上传文件并填写文件标识（file）。",
    "Material {name} comes as an electronic file: upload it first and give its id in file.",
)
_NO_ADDRESS = message(
    "delivery_incomplete",
    "选择邮寄送达时，应填写收件人、电话和地址。请补充。",
    "Delivery by courier needs recipient, phone and address. Add what is missing.",
)

_FORMS_ZH = {
    MaterialForm.ORIGINAL: "原件",
    MaterialForm.COPY: "复印件",
    MaterialForm.ELECTRONIC: "电子文件",
    MaterialForm.LICENCE: "电子证照",
    MaterialForm.REUSED: "历史材料复用",
    MaterialForm.PROMISED: "承诺后补",
}
_KINDS_ZH = {"person": "自然人", "organisation": "组织"}


def check_submission(submission: Submission, item: Item, now: datetime) -> list[Problem]:
    """Check a submission against its item; every problem is listed, an empty list means: fit to be routed.

    The region is checked where rules are (`RoutingTable.route`), the code by `Catalogue.in_force`.

    Args:
        submission: well-formed already.
        item: the version in force, as `Catalogue.in_force` returns it.
        now: the present moment, with offset.
    """
    problems = [*_item(item), *_time(submission, now)]
    today = local_day(now)
    for role, rule in (("applicant", item.applicant), ("agent", item.agent), ("subject", item.subject)):
        problems += _party(role, rule, getattr(submission, role), today)
    problems += _materials(submission, item)
    problems += item.compiled_form.check(submission.form)
    problems += _delivery(submission)
    return problems


def _item(item: Item) -> Iterator[Problem]:
    if item.state is not ItemState.IN_USE:
        code = _SUSPENDED if item.state is ItemState.SUSPENDED else _CANCELLED
        yield Problem("item_code", code, {"name": item.name})


def _time(submission: Submission, now: datetime) -> Iterator[Problem]:
    if submission.submitted_at - now > MAX_SKEW:
        yield Problem("submitted_at", _FUTURE)


def _party(role: str, rule: PartyRule, party: Party | None, today: date) -> list[Problem]:
    facts = {"role": role, "role_zh": _ROLE[role]}
    if party is None:
        return [Problem(role, _MISSING, facts)] if rule.presence == "required" else []
    if rule.presence == "none":
        return [Problem(role, _UNWANTED, facts)]
    problems = check_party(party, role, today)
    if party.kind not in rule.kinds:
        kinds_zh = "或".join(_KINDS_ZH[kind] for kind in rule.kinds)
        problems.append(Problem(f"{role}.kind", _KIND, {**facts, "kinds": ", ".join(rule.kinds), "kinds_zh": kinds_zh}))
    elif party.id_type not in rule.id_types:
        problems.append(Problem(f"{role}.id_type", _ID_TYPE, {**facts, "types": ", ".join(rule.id_types)}))
    return problems


def _materials(submission: Submission, item: Item) -> Iterator[Problem]:
    rules = item.materials_by_code
    given: set[str] = set()
    for index, material in enumerate(submission.materials):
        field = f"materials.{index}"
        rule = rules.get(material.code)
        if rule is None:
            known = ", ".join(f"{each.code} {each.name}" for each in item.materials)
            yield Problem(f"{field}.code", _MATERIAL_UNKNOWN, {"code": material.code, "known": known})
            continue
        given.add(rule.code)
        yield from _material(material, rule, field)
    for rule in item.materials:
        if rule.required and rule.code not in given:
            yield Problem("materials", _MATERIAL_MISSING, {"code": rule.code, **_taken(rule)})


def _material(material: Material, rule: MaterialRule, field: str) -> Iterator[Problem]:
    if material.form not in rule.forms:
        facts = {**_taken(rule), "form": material.form.value, "form_zh": _FORMS_ZH[material.form]}
        yield Problem(f"{field}.form", _MATERIAL_FORM, facts)
    elif material.form is MaterialForm.LICENCE and material.licence_no is None:
        yield Problem(f"{field}.licence_no", _NO_LICENCE, {"name": rule.name})
    elif material.form is MaterialForm.ELECTRONIC and material.file is None:
        yield Problem(f"{field}.file", _NO_FILE, {"name": rule.name})


def _delivery(submission: Submission) -> Iterator[Problem]:
    delivery = submission.delivery
    if delivery is None:
        return
    if delivery.method == "courier":
        for key in ("recipient", "phone", "address"):
            if getattr(delivery, key) is None:
                yield Problem(f"delivery.{key}", _NO_ADDRESS)
    if delivery.phone is not None:
        yield from check_phone(delivery.phone, "delivery.phone")


def _taken(rule: MaterialRule) -> dict[str, str]:
    taken = [form for form in MaterialForm if form in rule.forms]
    return {"name": rule.name, "forms": ", ".join(taken), "forms_zh": "、".join(_FORMS_ZH[form] for form in taken)}
