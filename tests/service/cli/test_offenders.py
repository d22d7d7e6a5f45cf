"""`wim offenders import`: history that counts from the first day on."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from service.cli import main
from service.docket.terms import Terms
from service.messages.vocabulary import InterceptReason
from service.pseudonyms import Pseudonyms
from service.store import audit, cases, outcomes, tables
from service.store.engine import Store
from service.store.purge import Keep, purge
from tests.service.docket.desk import Desk
from tests.service.store.rows import case
from tests.service.told import PLATE, TIME_NS
from wim.records import DAY_NS

HEADER = "plate,colour,time,kind,document_number,trip,source\n"
#: 28 May 2026 is the day of the crossings that `told` invents.
CONFIRMED = f"{PLATE},1,2026-03-01 21:40:00,confirmed,BD-1,,county\n"
DECIDED = f"{PLATE},,2025-12-24 03:00:00,decided,ZJ-7,,province\n"
WRONG = f"{PLATE},1,2026-03-01,confirmed,BD-3,,county\n"

pytestmark = pytest.mark.usefixtures("settings")


@pytest.fixture
def settings(store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command finds the test's database, and no other setting."""
    monkeypatch.setenv("WIM_DATABASE__URL", store_url)


@pytest.fixture
def offenders(tmp_path: Path) -> Path:
    """A file with one confirmed and one decided overload of the usual truck."""
    path = tmp_path / "offenders.csv"
    path.write_text(HEADER + CONFIRMED + DECIDED)
    return path


def imported(path: Path, *options: str) -> int:
    """The exit status of an import."""
    with pytest.raises(SystemExit) as ended:
        main(["offenders", "import", str(path), *options])
    assert ended.value.code is None or isinstance(ended.value.code, int)
    return ended.value.code or 0


def kept(store: Store) -> list[tuple[object, ...]]:
    """Everything that an import may touch."""
    with store.reading() as conn:
        found = [
            conn.execute(select(table).order_by(*table.primary_key)).all() for table in (tables.outcomes, tables.audit)
        ]
    return [tuple(row) for rows in found for row in rows]


def test_an_imported_plate_is_a_repeat_offender_at_its_next_crossing(store: Store, offenders: Path) -> None:
    """A violation that wakes nobody by itself opens an intercept because of what happened before."""
    desk = Desk(store, now_ns=TIME_NS, terms=Terms())
    desk.file(desk.violation(severity=2, passage_plate="苏B67890"))
    assert desk.intercepts() == []
    assert imported(offenders) == 0
    desk.file(desk.violation(severity=2))
    told = desk.only_intercept()
    assert (told.plate, told.reasons) == (PLATE, [InterceptReason.REPEAT_CONFIRMED])
    assert (told.history.decided_1y, told.history.confirmed_365d, told.history.suspected_365d) == (1, 2, 0)
    assert told.history.last == "2026-03-01T13:40:00.000000000Z"


def test_importing_twice_changes_nothing(store: Store, offenders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither a count nor a row nor the audit log."""
    assert imported(offenders) == 0
    before = kept(store)
    assert capsys.readouterr().out == "2 new, 0 changed, 0 there already, 0 repeated\n"
    assert imported(offenders) == 0
    assert kept(store) == before
    assert capsys.readouterr().out == "0 new, 0 changed, 2 there already, 0 repeated\n"


def test_a_corrected_paper_takes_the_place_of_its_former_self(
    store: Store, offenders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was confirmed is decided later: one row, known by the paper's number, and the audit log says which."""
    imported(offenders)
    offenders.write_text(HEADER + CONFIRMED.replace("confirmed", "decided") + DECIDED)
    capsys.readouterr()
    assert imported(offenders) == 0
    assert capsys.readouterr().out == "0 new, 1 changed, 1 there already, 0 repeated\n"
    with store.reading() as conn:
        assert [offence.decided for offence in outcomes.history(conn, [PLATE], 0, TIME_NS)[PLATE]] == [True, True]
        newest = audit.page(conn, None, 1)[0].entry
    assert (newest.action, newest.subject) == ("offenders.import", "offenders.csv")
    assert json.loads(newest.document)["changed"] == ["import/county/BD-1"]


def test_an_excluded_paper_stays_excluded(store: Store, offenders: Path) -> None:
    """A lost appeal is not undone by the next export of the same register."""
    imported(offenders)
    with store.writing() as conn:
        outcomes.exclude(conn, ["import/province/ZJ-7"], "appeal 3")
    offenders.write_text(HEADER + CONFIRMED + DECIDED.replace("03:00", "04:00"))
    imported(offenders)
    with store.reading() as conn:
        found = outcomes.history(conn, [PLATE], 0, TIME_NS)[PLATE]
    assert sorted((offence.decided, offence.excluded) for offence in found) == [(False, False), (True, True)]


def test_a_wrong_row_is_told_and_the_rest_is_imported(
    store: Store, offenders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Line, reason and count on stderr; the exit status is 1 only with --strict."""
    offenders.write_text(HEADER + CONFIRMED + WRONG + DECIDED)
    assert imported(offenders) == 0
    captured = capsys.readouterr()
    assert f"{offenders}: line 3: time " in captured.err
    assert captured.err.endswith("1 wrong rows left out, 2 read\n")
    assert captured.out == "2 new, 0 changed, 0 there already, 0 repeated\n"
    assert imported(offenders, "--strict") == 1


@pytest.mark.parametrize(("body", "said"), [(WRONG, "1 wrong rows left out, 0 read"), ("", "no row in it")])
def test_where_nothing_was_imported_the_command_failed(
    offenders: Path, capsys: pytest.CaptureFixture[str], body: str, said: str
) -> None:
    """A file of nothing but wrong rows, or of none at all, is not success."""
    offenders.write_text(HEADER + body)
    assert imported(offenders) == 1
    assert said in capsys.readouterr().err


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its path, and no traceback."""
    assert imported(tmp_path / "nowhere.csv") == 1
    assert capsys.readouterr().err.startswith(f"error: {tmp_path / 'nowhere.csv'}: No such file")


def test_one_paper_that_says_two_things_is_told(
    store: Store, offenders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its first row counts, a second word for word is a repeat, another one is wrong and names the first."""
    offenders.write_text(HEADER + CONFIRMED + CONFIRMED + CONFIRMED.replace("21:40", "22:40"))
    assert imported(offenders) == 0
    captured = capsys.readouterr()
    assert captured.out == "1 new, 0 changed, 0 there already, 1 repeated\n"
    assert "line 4: document_number and source are those of line 2" in captured.err


def test_a_dry_run_says_what_would_be_and_changes_nothing(
    store: Store, offenders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same counts, an untouched database."""
    before = kept(store)
    assert imported(offenders, "--dry-run") == 0
    assert kept(store) == before
    assert "there would be 2 new, 0 changed, 0 there already" in capsys.readouterr().out


def test_json_is_one_document(offenders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Counts and the wrong rows, for scripts."""
    offenders.write_text(HEADER + CONFIRMED + WRONG)
    assert imported(offenders, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["new"], document["wrong"], document["dry_run"]) == (1, 1, False)
    assert [fault["line"] for fault in document["faults"]] == [3]


def test_a_zone_that_is_none_is_wrong_use(offenders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The option is named with what to write."""
    assert imported(offenders, "--zone", "Asia/Shanghi") == 2
    assert "Asia/Shanghai" in capsys.readouterr().err


def test_a_trip_that_was_merged_since_counts_for_the_one_that_stays(store: Store, offenders: Path) -> None:
    """A paper that names a case of ours counts with it, once, whatever became of the case."""
    with store.writing() as conn:
        rows = [case(number, state="merged", merged_into=f"case-{number + 1}") for number in (1, 2)]
        cases.save(conn, [*rows, case(3)])
    offenders.write_text(HEADER + CONFIRMED.replace("BD-1,", "BD-1,case-1"))
    assert imported(offenders) == 0
    with store.reading() as conn:
        (offence,) = outcomes.history(conn, [PLATE], TIME_NS - 365 * DAY_NS, TIME_NS)[PLATE]
    assert offence.trip == "case-3"


def test_a_purged_plate_stays_forgotten(store: Store, offenders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Once its time is over no column holds the plate, and the same file does not bring it back."""
    imported(offenders)
    keep = Keep(plates_days=1, violations_days=1, audit_days=36_500, idempotency_hours=1)
    purge(store, keep, time.time_ns(), Pseudonyms("a key that stays as it is"))
    purged = kept(store)
    assert PLATE not in str(purged)
    capsys.readouterr()
    assert imported(offenders) == 0
    assert capsys.readouterr().out == "0 new, 0 changed, 2 there already, 0 repeated\n"
    assert kept(store) == purged


def test_a_long_file_is_kept_in_many_transactions(
    store: Store, offenders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """More rows than one transaction takes are all there, each once."""
    rows = [CONFIRMED.replace("BD-1", f"BD-{number}") for number in range(1_201)]
    offenders.write_text(HEADER + "".join(rows))
    assert imported(offenders) == 0
    assert capsys.readouterr().out.startswith("1201 new")
    assert len([row for row in kept(store) if str(row[0]).startswith("import/county/")]) == 1_201
