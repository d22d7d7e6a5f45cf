"""Passages in the forms that other programs read: JSON objects and Arrow tables (contracts §2)."""

from wim.forms.arrow_form import ARROW_SCHEMA, from_arrow, from_arrow_rows, to_arrow
from wim.forms.checks import FormError, RowErrors
from wim.forms.json_form import from_json, from_json_rows, to_json

__all__ = [
    "ARROW_SCHEMA",
    "FormError",
    "RowErrors",
    "from_arrow",
    "from_arrow_rows",
    "from_json",
    "from_json_rows",
    "to_arrow",
    "to_json",
]
