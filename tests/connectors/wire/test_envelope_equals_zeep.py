"""Our envelopes mean the same as those zeep writes, for generated documents over all that contracts use."""

from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any
from xml.etree.ElementTree import canonicalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from connectors.wire.envelope import EnvelopeWriter
from connectors.wire.wsdl import Operation, Wsdl
from tests.connectors.wire.contracts import read, wsdl_text

#: What XML can carry; a carriage return only as a reference, which both write.
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t\n\r"), max_size=20).filter(
    lambda text: "\ufffe" not in text and "\uffff" not in text
)
places = st.fixed_dictionaries({"street": texts}, optional={"no": st.integers(-9, 9), "kind": texts})
extended = st.fixed_dictionaries({"a": texts, "b": st.booleans(), "id": st.integers(0, 99)})
trees: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.fixed_dictionaries({"label": texts}),
    lambda children: st.fixed_dictionaries({"label": texts, "child": st.lists(children, max_size=2)}),
    max_leaves=5,
)
# Not the empty text nor 0: zeep takes a falsy value in a choice for none and leaves the element out; we write it.
sides = st.one_of(
    st.just({}),
    st.builds(lambda text: {"left": text}, texts.filter(bool)),
    st.builds(lambda number: {"right": number}, st.integers(1, 9)),
)
documents = st.builds(
    lambda fields, side: {**fields, **side},
    st.fixed_dictionaries(
        {"text": texts, "maybe": st.none() | texts},
        optional={
            "code": st.sampled_from(["01", "02"]),
            "short": st.text("abc", min_size=1, max_size=8),
            "count": st.integers(-(2**31), 2**31 - 1),
            "flag": st.booleans(),
            "amount": st.decimals(-1000, 1000, places=2),
            "day": st.dates(date(1900, 1, 1), date(2100, 1, 1)).map(date.isoformat),
            "file": st.binary(max_size=50),
            "word": st.lists(texts, max_size=3),
            "place": places,
            "more": st.lists(extended, max_size=3),
            "money": st.fixed_dictionaries({"_value": st.decimals(0, 9, places=1), "currency": texts}),
            "tree": trees,
        },
    ),
    sides,
)


@cache
def contract() -> Wsdl:
    return read(wsdl_text())


@cache
def writer(port: str) -> tuple[Operation, EnvelopeWriter]:
    operation = contract().operation("call", port=port)
    return operation, EnvelopeWriter(operation, contract().schemas, headers={})


def in_zeeps_words(document: dict[str, Any]) -> dict[str, Any]:
    words = dict(document)
    if "money" in words:
        words["money"] = {"_value_1": words["money"]["_value"], "currency": words["money"]["currency"]}
    return words


def canonical(xml: bytes) -> str:
    return canonicalize(xml.decode(), rewrite_prefixes=True, strip_text=False)


@pytest.mark.parametrize("port", ["P11", "P12"])
@given(document=documents)
@settings(max_examples=150, deadline=None)
def test_any_document_is_written_as_zeep_writes_it(port: str, document: dict[str, Any]) -> None:
    operation, ours = writer(port)
    theirs = operation.binding.get("call").create(**in_zeeps_words(document)).content
    assert canonical(ours.write(document)) == canonical(etree.tostring(theirs, encoding="utf-8"))


def test_the_proof_covers_every_field_of_the_contract() -> None:
    document = {
        **{"text": "a", "maybe": None, "code": "01", "short": "a", "count": 1, "flag": True, "amount": Decimal("1.50")},
        **{"day": "2026-03-02", "file": b"x", "word": ["a", ""], "place": {"street": "b", "no": 1, "kind": '"c"'}},
        **{"more": [{"a": "b", "b": False, "id": 3}], "money": {"_value": Decimal("2.5"), "currency": "CNY"}},
        **{"left": "x", "tree": {"label": "r", "child": [{"label": "s"}]}},
    }
    operation, ours = writer("P11")
    element = contract().schemas.element(operation.input or "")
    assert {child.local_name for child in element.type.content.iter_elements()} == {*document, "right"}
    theirs = operation.binding.get("call").create(**in_zeeps_words(document)).content
    assert canonical(ours.write(document)) == canonical(etree.tostring(theirs, encoding="utf-8"))


@pytest.mark.parametrize(
    ("chosen", "element"), [({"left": ""}, "<ns0:left></ns0:left>"), ({"right": 0}, "<ns0:right>0")]
)
def test_where_zeep_loses_an_empty_choice_we_write_it(chosen: dict[str, Any], element: str) -> None:
    assert element in writer("P11")[1].write({"text": "a", "maybe": None, **chosen}).decode()
