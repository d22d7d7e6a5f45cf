"""The query parameters that a route knows: any other is refused, since `form=` for `from=` asks another question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from fastapi import Request

from service.api.problems import FieldError, wrong_parameters
from wim.document import nearest


@dataclass(frozen=True, slots=True)
class Parameter:
    """One of a route's query parameters."""

    name: str
    repeatable: bool


def check(request: Request) -> None:
    """Raise the problem of parameters that the route does not know, or that are given more often than it takes them."""
    given = Counter(name for name, _ in request.query_params.multi_items())
    if not given:
        return
    known = sorted(of_route(request.scope["route"].dependant), key=lambda parameter: parameter.name)
    if errors := [*_unknown(given, [parameter.name for parameter in known]), *_repeated(given, known)]:
        raise wrong_parameters(*errors)


def of_route(dependant: Any) -> Iterator[Parameter]:
    """The query parameters of a route, those in a model one by one, those of what it depends on too."""
    for param in dependant.query_params:
        model = getattr(param.field_info.annotation, "model_fields", None)
        fields = {param.alias: param.field_info} if model is None else model
        for name, info in fields.items():
            kinds = [get_origin(kind) for kind in (info.annotation, *get_args(info.annotation))]
            yield Parameter(info.alias or name, repeatable=list in kinds)
    for inner in dependant.dependencies:
        yield from of_route(inner)


def _unknown(given: Counter[str], known: Sequence[str]) -> Iterator[FieldError]:
    for name in sorted(given.keys() - known):
        remedy = nearest(name, known, "parameter") if known else "drop it"
        yield FieldError(name, "there is no such parameter here", remedy)


def _repeated(given: Counter[str], known: Sequence[Parameter]) -> Iterator[FieldError]:
    for parameter in known:
        times = given[parameter.name]
        if times > 1 and not parameter.repeatable:
            yield FieldError(parameter.name, f"it is given {times} times", "give it once")
