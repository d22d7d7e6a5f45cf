"""What pydantic finds wrong, in our words."""

from __future__ import annotations

import tomllib
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from service.documents import MisfitError, Mistake, mistakes, toml_value


class Inner(BaseModel):
    """A table in the table."""

    model_config = ConfigDict(extra="forbid", strict=True)

    port: int = Field(1, ge=1, le=9)
    ratio: float = Field(0.5, gt=0, lt=1)
    key: SecretStr = SecretStr("")
    kind: Literal["a", "b"] = "a"
    weights: list[float] = Field([1.0, 2.0], min_length=2, max_length=2)

    @model_validator(mode="after")
    def _fits(self) -> Inner:
        if self.port == 7:
            raise MisfitError("port", "is unlucky", "write 8")
        return self


class Outer(BaseModel):
    """The whole document."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    inner: Inner = Inner()


def found(document: dict[str, Any]) -> list[Mistake]:
    """What is wrong with the document."""
    with pytest.raises(ValidationError) as raised:
        Outer.model_validate(document)
    return list(mistakes(raised.value, Outer))


@pytest.mark.parametrize(
    ("inner", "mistake"),
    [
        ({"port": "1"}, Mistake(("inner", "port"), 'is "1"', "write a whole number from 1 to 9")),
        ({"port": 0}, Mistake(("inner", "port"), "is 0", "write a whole number from 1 to 9")),
        ({"port": 7}, Mistake(("inner", "port"), "is unlucky", "write 8")),
        ({"ratio": 1}, Mistake(("inner", "ratio"), "is 1", "write a number above 0 and below 1")),
        ({"kind": "c"}, Mistake(("inner", "kind"), 'is "c"', "write 'a' or 'b'")),
        ({"weights": [1.0]}, Mistake(("inner", "weights"), "is an array of 1", "write 2 values")),
        ({"weights": "1"}, Mistake(("inner", "weights"), 'is "1"', "write an array")),
        ({"prot": 1}, Mistake(("inner", "prot"), "is not a key of this table", 'did you mean "port"?')),
        (3, Mistake(("inner",), "is 3", "write a table")),
    ],
)
def test_a_mistake_has_its_keys_and_a_remedy(inner: object, mistake: Mistake) -> None:
    """Whatever pydantic calls it, a person is told what to write."""
    assert found({"name": "x", "inner": inner}) == [mistake]


def test_a_missing_value_is_named() -> None:
    """What has no default must be added."""
    assert found({}) == [Mistake(("name",), "is missing", "add it")]


def test_a_secret_is_never_repeated() -> None:
    """Not even a secret of the wrong type comes out in an error."""
    (mistake,) = found({"name": "x", "inner": {"key": 271828}})
    assert "271828" not in str(mistake)


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"])) | st.integers(-(2**63), 2**63 - 1) | st.booleans())
def test_what_is_written_as_toml_is_read_back(value: object) -> None:
    """Texts, numbers and truth values, alone and in arrays."""
    assert tomllib.loads(f"key = {toml_value(value)}")["key"] == value
    assert tomllib.loads(f"key = {toml_value([value, value])}")["key"] == [value, value]
