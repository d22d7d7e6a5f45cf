"""Rule set files: what is in them, and what a wrong one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.ruleset import RuleSetError, load_book, parse_rule_set
from tests.rules.worlds import rule_set_text


def spoilt(old: str, new: str) -> str:
    """The built-in file with one thing changed."""
    text = rule_set_text()
    assert old in text
    return text.replace(old, new, 1)


def test_both_built_in_tables_are_loaded_and_one_is_in_force() -> None:
    """The plain ceilings are there for comparison only."""
    book = load_book()
    assert {rule_set.id: rule_set.in_force for rule_set in book.rule_sets} == {"cn-2016": True, "cn-62-art3": False}


def test_every_row_says_where_it_comes_from() -> None:
    """Clause, source, date and whether it was compared with the official text."""
    for row in load_book().rows:
        assert row.clause
        assert row.clause_zh
        assert row.source
        assert row.date.year >= 2016


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("low_kg = 25000", "low_kg = 27000", "limit.1", "above high_kg"),
        ('patterns = ["1-2", "2-1", "3"]', 'patterns = ["1-2-3"]', "limit.1", "1-2-3"),
        ('patterns = ["1-1-1"]', 'patterns = ["1-x-1"]', "limit.2", "axle pattern"),
        ('id = "3-rigid"', 'id = "2-any"', "file", "same id"),
        ("verified = true", "", "groups.verified", "required"),
        ("single_tyre_kg", "single_tire_kg", "deduction.single_tyre_kg", "required"),
        ('timezone = "Asia/Shanghai"', 'timezone = "Asia/Nowhere"', "timezone", "Nowhere"),
        ("axles = 2\n", "axles = 20\n", "limit.0", "1 … 16"),
        ("from_percent = [10, 30,", "from_percent = [30, 10,", "severity", "ascend"),
        ("evidence_z = 2.3", "evidence_z = 1.3", "confidence", "below intercept_z"),
        ("[groups]", "[groups", "file", "not TOML"),
        ('timezone = "Asia/Shanghai"', 'timezone = ""', "timezone", "no time zone; write an IANA name"),
        ('timezone = "Asia/Shanghai"', 'timezone = "Asia"', "timezone", "no time zone; write an IANA name"),
        ('timezone = "Asia/Shanghai"', 'timezone = "../../etc/passwd"', "timezone", "no time zone; write an IANA name"),
        ("in_force = true", "in_force = 1", "in_force", "valid boolean"),
        ("verified = true", 'verified = "yes"', "groups.verified", "valid boolean"),
        ("from = 2016-09-21", "from = 1474416000", "from", "valid date"),
        ("from = 2016-09-21", 'from = "2016-09-21"', "from", "valid date"),
        ("low_kg = 18000", "low_kg = true", "limit.0.low_kg", "valid integer"),
        ("low_kg = 18000", 'low_kg = "18000"', "limit.0.low_kg", "valid integer"),
        ("low_kg = 18000", "low_kg = 0", "limit.0.low_kg", "greater than 0"),
        ("axles = 2\n", "axles = true\n", "limit.0.axles", "valid integer"),
        ("from_kg = 100000", "from_kg = 0", "hundred_tonne.from_kg", "greater than 0"),
        ("[10, 30,", "[true, 30,", "severity.from_percent.0", "valid integer"),
        ("evidence_z = 2.3", "evidence_z = true # ", "confidence.evidence_z", "valid number"),
        ("evidence_z = 2.3", "evidence_z = nan # ", "confidence.evidence_z", "finite number"),
        (
            'source = "交通運輸部令2016年第62號; 交公路發〔2016〕124號"',
            'source = " "',
            "deduction.source",
            "at least 1 character",
        ),
        ('clause = "124號 table, 3-axle combination"', 'clause = ""', "limit.2.clause", "at least 1 character"),
        ('patterns = ["1-1-1"]', "patterns = []", "limit.2.patterns", "at least 1 item"),
    ],
)
def test_a_wrong_file_is_told_its_name_the_key_and_the_fault(old: str, new: str, key: str, words: str) -> None:
    """A person can mend it without reading our code."""
    with pytest.raises(RuleSetError) as caught:
        parse_rule_set(spoilt(old, new), "ours.toml")
    assert str(caught.value).startswith("ours.toml: ")
    assert caught.value.key.startswith(key)
    assert words in str(caught.value)
    assert "Value error" not in str(caught.value)


def test_a_whole_number_is_a_quantile() -> None:
    """2 and 2.0 are one number to whoever writes the file."""
    assert parse_rule_set(spoilt("evidence_z = 2.3", "evidence_z = 3 # "), "ours.toml").confidence.evidence_z == 3.0


def test_a_file_that_is_not_utf_8_is_told_the_byte(tmp_path: Path) -> None:
    """What an editor saved in the encoding of its country can be found and saved again."""
    path = tmp_path / "region.toml"
    path.write_bytes('title = "交'.encode("gb18030"))
    with pytest.raises(RuleSetError, match=r"region\.toml: file: is not UTF-8 at byte 9; save it as UTF-8"):
        load_book([path])


def test_a_file_that_is_not_there_is_named_with_the_remedy(tmp_path: Path) -> None:
    """A mistyped path and a folder are told from a file that is wrong."""
    for path in (tmp_path / "region.toml", tmp_path):
        with pytest.raises(RuleSetError, match=r"cannot be read \(.*\); name a rule set file") as caught:
            load_book([path])
        assert caught.value.origin == str(path)


def test_a_file_of_the_same_id_replaces_the_built_in_table(tmp_path: Path) -> None:
    """A region changes a limit without code."""
    changed = tmp_path / "region.toml"
    changed.write_text(spoilt("high_kg = 49000", "high_kg = 48000"), "utf-8")
    book = load_book([changed])
    assert [row.high_kg for row in book.rows if row.id == "6-other"] == [48_000]
    assert len(book.rule_sets) == 2


def test_an_unknown_rule_set_is_answered_with_the_known_ones() -> None:
    """A typing error names what there is."""
    with pytest.raises(RuleSetError, match="cn-2016, cn-62-art3"):
        load_book().index("cn-2015")
