from datetime import date, datetime
from typing import Any

import pytest

from mappings.times import Format, check_complete, reader, writer, zone
from mappings.trouble import Wrong

SHANGHAI = zone("Asia/Shanghai")
BERLIN = zone("Europe/Berlin")


def write(value: Any, form: str, where: Any = SHANGHAI) -> str:
    return writer("datetime", Format(form), where)(value)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("%Y-%m-%d %H:%M:%S", "2026-03-02 09:12:05"),
        ("%Y%m%d%H%M%S", "20260302091205"),
        ("%d.%m.%Y", "02.03.2026"),
        ("%Y年%m月%d日", "2026年03月02日"),
        ("%Y-%m", "2026-03"),
        ("[%H:%M]", "[09:12]"),
        ("%d%%", "02%"),
        ("%Y-%m-%dT%H:%M:%S.%f%z", "2026-03-02T09:12:05.000000+0800"),
        ("%m%Y", "032026"),
        ("%H", "09"),
    ],
)
def test_writes_the_other_sides_format(form: str, expected: str) -> None:
    assert write("2026-03-02T09:12:05+08:00", form) == expected
    assert write("2026-03-02T01:12:05Z", form) == expected


def test_the_quick_way_and_the_slow_way_agree_where_clocks_move() -> None:
    assert write("2026-03-29T00:59:59+00:00", "%H:%M", BERLIN) == "01:59"
    assert write("2026-03-29T01:00:00+00:00", "%H:%M", BERLIN) == "03:00"
    assert write("1990-07-01T12:00:00+08:00", "%H:%M") == "13:00"  # China had summer time then


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-02T09:12:00",
        "2026-03-02 09:12:00+08:00",
        "2026-W10-1T09:12:00+08:00",
        "2026-02-30T09:12:00+08:00",
        "2026-03-02T24:00:00+08:00",
        "2026-03-02T09:12:60+08:00",
        "２026-03-02T09:12:00+08:00",
        "2026-03-02",
        "yesterday",
        20260302,
        None,
    ],
)
def test_what_is_no_moment_is_refused(value: Any) -> None:
    with pytest.raises(Wrong):
        write(value, "%Y-%m-%d %H:%M:%S")


def test_a_date_of_a_moment_is_the_day_in_the_district() -> None:
    write_date = writer("date", None, None)
    assert write_date("2026-03-01T23:30:00Z") == "2026-03-02"
    assert write_date("2026-03-01") == "2026-03-01"
    assert writer("date", Format("%Y/%m/%d"), None)("2026-03-01") == "2026/03/01"


@pytest.mark.parametrize("value", ["2026-02-29", "20260301", "2026-3-1", "", 3])
def test_what_is_no_date_is_refused(value: Any) -> None:
    with pytest.raises(Wrong):
        writer("date", None, None)(value)


def test_reads_the_other_sides_format_into_text_with_offset() -> None:
    read = reader("datetime", Format("%Y%m%d%H%M%S"), SHANGHAI)
    assert read("20260309103000") == "2026-03-09T10:30:00+08:00"
    assert read(20260309103000) == "2026-03-09T10:30:00+08:00"
    assert reader("datetime", Format("%Y-%m-%dT%H:%M:%S%z"), None)("2026-03-09T10:30:00+0800").endswith("+08:00")
    assert reader("datetime", None, None)("2026-03-09T02:30:00Z") == "2026-03-09T02:30:00+00:00"
    assert reader("date", Format("%Y.%m.%d"), None)("2026.03.09") == "2026-03-09"


def test_takes_the_date_values_that_soap_readers_give() -> None:
    naive = datetime(2026, 3, 9, 10, 30)  # noqa: DTZ001
    assert reader("datetime", None, SHANGHAI)(naive) == "2026-03-09T10:30:00+08:00"
    assert reader("date", None, None)(date(2026, 3, 9)) == "2026-03-09"
    with pytest.raises(Wrong, match="without an offset; say its zone"):
        reader("datetime", None, None)(naive)


@pytest.mark.parametrize("value", ["2026030910300", "202603091030000", "20261309103000", "20260309 10300", "", True])
def test_text_against_the_format_is_refused(value: Any) -> None:
    with pytest.raises(Wrong):
        reader("datetime", Format("%Y%m%d%H%M%S"), SHANGHAI)(value)


def test_a_time_that_the_clocks_skipped_is_refused() -> None:
    with pytest.raises(Wrong, match="does not exist in Europe/Berlin"):
        reader("datetime", Format("%Y-%m-%d %H:%M"), BERLIN)("2026-03-29 02:30")


@pytest.mark.parametrize(
    ("form", "what"), [("%y%m%d", "%y is not known"), ("%Y%Y", "twice"), ("now", "no part"), ("%B", "%B is not known")]
)
def test_formats_that_cannot_be_kept_are_refused(form: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        Format(form)


def test_a_format_must_say_all_that_is_needed() -> None:
    with pytest.raises(ValueError, match="say its zone: zone: Asia/Shanghai"):
        check_complete("datetime", Format("%Y%m%d%H%M%S"), None, "in")
    with pytest.raises(ValueError, match="has %Y, %m, %d and %H"):
        check_complete("datetime", Format("%Y%m%d"), SHANGHAI, "in")
    with pytest.raises(ValueError, match="use as: datetime"):
        check_complete("date", Format("%Y%m%d%H"), None, "out")
    check_complete("datetime", Format("%Y%m%d"), SHANGHAI, "out")


def test_an_unknown_zone_names_the_remedy() -> None:
    with pytest.raises(ValueError, match="no time zone 'Beijing'; write one like Asia/Shanghai"):
        zone("Beijing")
