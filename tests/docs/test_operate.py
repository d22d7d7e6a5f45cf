"""docs/operate and docs/method: every setting, number, metric, alert and command that they show is the product's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
import yaml
from pydantic import SecretStr

from rules.rates import Rate, Spread, design_effect, rate_of, spread_of
from service.api.answers import RateRow
from service.api.meters import Meters
from service.cli import COMMANDS, _load
from service.metrics import Metrics
from service.offenders_file import COLUMNS, KINDS
from service.policy import NOT_IN_USE, Policy
from service.settings import CONFIG, leaves, variable
from service.store.observed import OBSERVED_MINUTES
from service.store.rates import CLOSED_AFTER_S
from service.topics import REPLAY
from tests.docs import pages
from tests.docs.pages import PROJECT
from wim.kernels.validity import AXLE_IMPLAUSIBLE, TO_COUNT, TO_REJECT
from wim.records import flag_names

OPERATE, RUNBOOK, RATES = (
    pages.page(f"docs/{name}") for name in ("operate/README.md", "operate/runbook.md", "method/rates.md")
)
USERS_PAGES = [*sorted(path.relative_to(PROJECT) for path in (PROJECT / "docs").rglob("*.md")), Path("README.md")]


def test_the_table_of_settings_is_the_products() -> None:
    """Every setting with its default and what it is for, in the order of `wim config show`."""
    shown = [(name, default, meaning) for name, default, _, meaning in pages.table(OPERATE, "variable", "default")]
    assert shown == [
        (
            variable(keys),
            written(field.get_default(call_default_factory=True)),
            (field.description or "").replace("`", ""),
        )
        for keys, field in leaves()
    ]


def written(default: object) -> str:
    """A default as the page writes it; nothing where there is none."""
    if isinstance(default, SecretStr):
        return default.get_secret_value()
    return "" if default is None else str(default)


def test_policy_numbers_without_effect_are_said_to_be() -> None:
    """A region that sets one learns that nothing follows from it yet; one that came into use is struck off."""
    paragraph = OPERATE.split("Without effect in this release:")[1].split("\n\n")[0]
    assert set(re.findall(r"`([\w.]+)`", paragraph)) == NOT_IN_USE


def sources(folder: str) -> Iterator[Path]:
    """The Python files of a folder."""
    return (PROJECT / folder).rglob("*.py")


@pytest.mark.parametrize("page", USERS_PAGES, ids=str)
def test_metrics_that_a_page_names_exist(page: Path) -> None:
    """A name in a page can be typed into Prometheus."""
    named = set(re.findall(r"wim_[a-z_]+[a-z]", pages.page(str(page)))) - {"wim_overload"}
    assert named <= metrics()


def metrics() -> set[str]:
    """The names of all metrics of worker and API, as Prometheus shows them."""
    families = [family for one in (Metrics(), Meters()) for family in one.registry.collect()]
    return {f"{one.name}_total" if one.type == "counter" else one.name for one in families}


@pytest.mark.parametrize("page", USERS_PAGES, ids=str)
def test_settings_that_a_page_names_exist(page: Path) -> None:
    """So too every environment variable of ours; `…_FILE` after a secret."""
    known = {variable(keys) for keys, _ in leaves()} | {
        CONFIG,
        "WIM_REGISTRY_FILE",
        "WIM_REQUIRE_SERVERS",
        "WIM_REQUIRE_DATA",
    }
    named = re.findall(r"\bWIM_[A-Z_]*[A-Z]\b", pages.page(str(page)))
    assert [name for name in named if name not in known and name.removesuffix("_FILE") not in known] == []


@pytest.mark.parametrize("page", USERS_PAGES, ids=str)
def test_commands_that_a_page_names_exist(page: Path) -> None:
    """`wim noun verb --option` can be typed as it stands: noun, verb and options are those of the command line."""
    assert [mistake for line in command_lines(pages.page(str(page))) if (mistake := misuse(line))] == []


def command_lines(text: str) -> list[list[str]]:
    """Every command of ours in a page, in code or in a sentence, as words after `wim`."""
    inline = re.findall(r"`(wim [^`]+)`", text)
    block = [line.strip() for body in pages.blocks(text, "sh") for line in body.replace("\\\n", " ").splitlines()]
    typed = [re.sub(r"^(\S+=\S+\s+)*(\.venv/bin/)?", "", line).partition(" #")[0] for line in block]
    return [line.split()[1:] for line in [*inline, *typed] if line.startswith("wim ")]


def misuse(words: list[str]) -> str | None:
    """What is wrong with a command line of ours, by the names alone."""
    if words[0].startswith("-"):
        return None
    if words[0] not in COMMANDS:
        return f"no command {words[0]}"
    command = _load(words[0], COMMANDS[words[0]][0])
    rest = words[1:]
    if isinstance(command, typer.core.TyperGroup) and rest:
        if rest[0] not in command.commands:
            return f"wim {words[0]} has no {rest[0]}"
        command, rest = command.commands[rest[0]], rest[1:]
    known = {name for parameter in command.params for name in parameter.opts} | {"--help", "-h"}
    wrong = [word for word in rest if word.startswith("--") and word.partition("=")[0] not in known]
    return f"{' '.join(words)}: no option {wrong[0]}" if wrong else None


def test_a_wrong_command_would_be_noticed() -> None:
    """The check above can fail in each of its ways."""
    assert misuse(["scren"]) == "no command scren"
    assert misuse(["topics", "aply"]) == "wim topics has no aply"
    assert misuse(["topics", "apply", "--replicas", "3"]) == "topics apply --replicas 3: no option --replicas"
    assert command_lines("```sh\nX=1 wim screen a.csv --json # why\n```\n`wim api`") == [
        ["api"],
        ["screen", "a.csv", "--json"],
    ]


@pytest.mark.parametrize("page", USERS_PAGES, ids=str)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    """A link to a file of the project finds it; one to a heading finds that."""
    text = pages.page(str(page))
    targets = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert [link for link in targets if not leads_somewhere(PROJECT / page, link)] == []


def leads_somewhere(page: Path, link: str) -> bool:
    """Whether the target of a link, seen from its page, is there."""
    file, _, anchor = link.partition("#")
    target = (page.parent / file).resolve() if file else page
    if not target.exists():
        return False
    return not anchor or anchor in {
        slug(line) for line in target.read_text("utf-8").splitlines() if line.startswith("#")
    }


def slug(heading: str) -> str:
    """The anchor that GitHub makes of a heading."""
    kept = re.sub(r"[^\w\- ]", "", heading.lstrip("#").strip().lower())
    return kept.replace(" ", "-")


def test_every_alert_has_a_section_and_a_row() -> None:
    """Whoever is woken finds what to do in one step."""
    parsed = yaml.safe_load((PROJECT / "deploy" / "prometheus" / "alerts.yaml").read_text("utf-8"))
    alerts = [rule["alert"] for group in parsed["groups"] for rule in group["rules"]]
    assert re.findall(r"^## (Wim\w+)", RUNBOOK, re.MULTILINE) == alerts
    assert [re.findall(r"\[(\w+)\]", row[0])[0] for row in pages.table(OPERATE, "alert")] == alerts


def test_the_columns_of_the_offender_file_are_named() -> None:
    """The page's list is the reader's."""
    (named,) = re.findall(r"`(plate,[a-z_,]+)`", OPERATE)
    assert sorted(named.split(",")) == sorted(COLUMNS)
    assert all(f"`{kind}`" in OPERATE for kind in KINDS)


def test_periods_that_the_pages_name_are_the_products() -> None:
    """Days of replay, minutes of health, minutes until an hour is closed, and the least weight of a truck."""
    assert f"{REPLAY.days} 天內的過車" in OPERATE
    assert f"last {REPLAY.days} days" in OPERATE
    assert f"health beats cover {OBSERVED_MINUTES} minutes" in RATES
    assert f"more\nthan {CLOSED_AFTER_S // 60} minutes ago" in RATES
    assert f"{Policy().truck_from_kg:,}".replace(",", " ") + " kg" in RATES


def test_the_counts_and_reasons_on_the_page_are_those_of_an_answer() -> None:
    """Fields of a row, and every reason for which net can leave a truck out: a flag, or a person."""
    fields = {name.rstrip("_") for name in RateRow.__struct_fields__}
    assert {row[0] for row in pages.table(RATES, "field")} <= fields
    documented = {name for reasons, _ in pages.table(RATES, "excluded") for name in pages.words(reasons)}
    assert documented == {*flag_names(TO_COUNT | TO_REJECT | AXLE_IMPLAUSIBLE), "BY_PERSON"}


def test_the_example_of_an_interval_is_computed_so() -> None:
    """The page's numbers are what the code makes of the page's site-days."""
    trucks, over = ([int(cell) for cell in row[1:]] for row in pages.table(RATES, "site-day"))
    effect = design_effect(sum(map(spread_of, trucks, over), Spread()))
    rates = [rate_of(sum(over), sum(trucks)), rate_of(sum(over), sum(trucks), effect)]
    shown = [row[1:] for row in pages.table(RATES, "", "rate")]
    assert shown == [percents(rate, deff) for rate, deff in zip(rates, (1, effect), strict=True)]


def percents(rate: Rate | None, deff: float) -> list[str]:
    """A rate as the page writes it."""
    assert rate is not None
    ends = [f"{100 * value:.2f} %" for value in (rate.value, rate.low, rate.high)]
    return [*ends, f"{deff:.3g}"]
