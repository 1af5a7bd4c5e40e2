"""Reads a department's book from outside, to hold the hub against it."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from cases.states import State

_CASES = """
SELECT our_no,
       (SELECT count(*) FROM filing f WHERE f.our_no = a.our_no AND f.refused IS NULL),
       (SELECT max(refused) FROM filing f WHERE f.our_no = a.our_no),
       (SELECT s.name FROM step s JOIN filing f USING (serial) WHERE f.our_no = a.our_no
         ORDER BY s.serial DESC, s.position DESC LIMIT 1),
       group_concat(a.faults, ','), count(*)
FROM arrival a GROUP BY our_no"""

#: The last step of a story → the canonical state it ends in.
_ENDINGS = {"granted": State.CONCLUDED, "denied": State.CONCLUDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One case as the department knows it."""

    our_no: str
    filings: int  # cases opened for it, refusals not counted
    ending: State | None  # where its story ends; None where it was never opened nor refused
    faults: tuple[str, ...]  # what it met, each once
    arrivals: int  # how often the hub came with it


def read_book(file: Path) -> list[Entry]:
    """Return every case that ever arrived there."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10) as book:
        rows = book.execute(_CASES).fetchall()
    return [
        Entry(
            our_no=our_no,
            filings=filings,
            ending=_ENDINGS.get(last) if filings else State.ACCEPT_REFUSED if refused else None,
            faults=tuple(sorted({name for name in (faults or "").split(",") if name})),
            arrivals=arrivals,
        )
        for our_no, filings, refused, last, faults, arrivals in rows
    ]
