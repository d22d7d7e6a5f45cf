"""The committed schemas are those of the code, and a change that breaks a reader is found and named."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from service.messages import encode, encode_violations
from service.messages.schemas import (
    MESSAGES,
    SchemaBrokenError,
    SchemasOutdatedError,
    breaks,
    check,
    documents,
    file_name,
    schema_of,
    write,
)
from service.messages.structs import Violation
from tests.service.told import columns, crossings, violation

COMMITTED = Path(__file__).parents[2] / "docs" / "schemas"


def test_the_committed_schemas_are_those_of_the_code() -> None:
    """Whoever changes a message commits its schema with it."""
    check(COMMITTED)


@pytest.mark.parametrize("name", MESSAGES)
def test_every_schema_is_a_valid_schema_of_its_dialect(name: str) -> None:
    """A consumer's validator takes it."""
    jsonschema.Draft202012Validator.check_schema(schema_of(MESSAGES[name]))


def test_an_encoded_message_keeps_its_schema() -> None:
    """Both ways of encoding write what the schema promises."""
    validator = jsonschema.Draft202012Validator(schema_of(Violation))
    for value in (encode(violation()), *encode_violations(columns(crossings(2)))):
        validator.validate(json.loads(value))


def test_a_schema_lets_next_years_words_and_fields_pass() -> None:
    """A consumer who validates must not refuse what contracts.md tells it to read as `other`."""
    message = json.loads(encode(violation())) | {"zone": "drone", "new_field": 1}
    jsonschema.Draft202012Validator(schema_of(Violation)).validate(message)


def old() -> dict[str, Any]:
    return copy.deepcopy(schema_of(Violation))


def _remove(schema: dict[str, Any]) -> None:
    del schema["properties"]["pattern"]
    schema["required"].remove("pattern")


def _retype(schema: dict[str, Any]) -> None:
    schema["properties"]["excess_kg"] = {"type": "number"}


def _forbid_null(schema: dict[str, Any]) -> None:
    schema["properties"]["permit"] = {"type": "string"}


def _allow_null(schema: dict[str, Any]) -> None:
    schema["properties"]["corridor"] = {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]}


def _require_new(schema: dict[str, Any]) -> None:
    schema["properties"]["tyres"] = {"type": "integer"}
    schema["required"].append("tyres")


def _require_old(schema: dict[str, Any]) -> None:
    schema["required"].append("watched")


def _release(schema: dict[str, Any]) -> None:
    schema["required"].remove("zone")


def _raise_floor(schema: dict[str, Any]) -> None:
    schema["properties"]["limit_low_kg"]["minimum"] = 1


def _lower_ceiling(schema: dict[str, Any]) -> None:
    schema["properties"]["severity"]["maximum"] = 5


def _forget_word(schema: dict[str, Any]) -> None:
    schema["$defs"]["Zone"]["x-known-values"].remove("watch")


def _rename_inside(schema: dict[str, Any]) -> None:
    axle = schema["$defs"]["Axle"]
    axle["properties"]["left"] = axle["properties"].pop("left_kg")


def _retype_in_list(schema: dict[str, Any]) -> None:
    schema["properties"]["flags"]["items"] = {"type": "integer"}


def _new_tag(schema: dict[str, Any]) -> None:
    schema["properties"]["schema"]["const"] = "wim.violation.v2"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (_remove, "/pattern: removed"),
        (_retype, "/excess_kg: type changed"),
        (_forbid_null, "/permit: type changed"),
        (_allow_null, "/corridor: type changed"),
        (_require_new, "/tyres: added as required"),
        (_require_old, "/watched: required now"),
        (_release, "/zone: may be absent"),
        (_raise_floor, "/limit_low_kg: minimum rose"),
        (_lower_ceiling, "/severity: maximum fell"),
        (_forget_word, "/zone: watch left"),
        (_rename_inside, "/passage/axles[]/left_kg: removed"),
        (_retype_in_list, "/flags[]: type changed"),
        (_new_tag, "/schema: const is"),
    ],
)
def test_a_change_that_breaks_a_reader_is_named_with_its_place(
    change: Callable[[dict[str, Any]], None], place: str
) -> None:
    """Removal, another type, narrowing and new obligations are found, however deep."""
    new = old()
    change(new)
    found = breaks(old(), new)
    assert any(problem.startswith(place) for problem in found), found


def _add_optional(schema: dict[str, Any]) -> None:
    schema["properties"]["tyres"] = {"type": "integer"}


def _add_word(schema: dict[str, Any]) -> None:
    schema["$defs"]["Zone"]["x-known-values"].append("drone")


def _widen(schema: dict[str, Any]) -> None:
    schema["properties"]["severity"]["maximum"] = 7
    del schema["properties"]["limit_low_kg"]["minimum"]


def _describe(schema: dict[str, Any]) -> None:
    schema["properties"]["zone"]["description"] = "said better"


@pytest.mark.parametrize("change", [_add_optional, _add_word, _widen, _describe, lambda schema: None])
def test_a_change_that_breaks_nobody_passes(change: Callable[[dict[str, Any]], None]) -> None:
    """New optional fields, new words, wider ranges and better texts are free."""
    new = old()
    change(new)
    assert breaks(old(), new) == []


def test_an_outdated_file_is_named_with_the_command_that_repairs_it(tmp_path: Path) -> None:
    """Missing and differing files are told apart from up-to-date ones."""
    write(tmp_path)
    check(tmp_path)
    (tmp_path / "health.v1.json").unlink()
    (tmp_path / "violation.v1.json").write_text("{}")
    with pytest.raises(SchemasOutdatedError, match="wim schemas") as error:
        check(tmp_path)
    assert set(error.value.names) == {"health.v1.json", "violation.v1.json"}


def _committed_with(tmp_path: Path, field: str) -> Path:
    write(tmp_path)
    path = tmp_path / file_name(Violation)
    schema = json.loads(path.read_text("utf-8"))
    schema["properties"][field] = {"type": "integer"}
    path.write_text(json.dumps(schema), "utf-8")
    return path


def test_writing_refuses_to_break_the_readers_of_a_committed_schema(tmp_path: Path) -> None:
    """A removed field needs a new schema name; until then no file is touched."""
    path = _committed_with(tmp_path, "gone")
    before = path.read_text("utf-8")
    with pytest.raises(SchemaBrokenError, match="/gone: removed"):
        write(tmp_path)
    assert path.read_text("utf-8") == before


def test_checking_against_an_earlier_release_finds_what_it_breaks(tmp_path: Path) -> None:
    """Continuous integration compares with the last release and not only with the working copy."""
    earlier = tmp_path / "earlier"
    _committed_with(earlier, "gone")
    write(tmp_path / "now")
    with pytest.raises(SchemaBrokenError, match="/gone: removed"):
        check(tmp_path / "now", against=earlier)
    check(tmp_path / "now", against=tmp_path / "now")


def test_every_message_has_its_own_file() -> None:
    """One file a message and version."""
    kinds = ("health", "intercept", "joint-action", "refusal", "response", "sighting", "violation")
    assert sorted(documents()) == [f"{kind}.v1.json" for kind in kinds]
