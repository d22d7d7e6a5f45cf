"""The alerts: promtool runs their stories; the metrics they ask for and the runbook they name exist."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.api.meters import Meters
from service.metrics import Metrics
from tests.servers import needs

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "deploy" / "prometheus"


@pytest.fixture(scope="module")
def alerts() -> list[dict[str, Any]]:
    """Every alert of alerts.yaml."""
    groups = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Prometheus' own tool, or the test is skipped."""
    program = shutil.which("promtool")
    if program is None:
        needs.lacking("no promtool: install Prometheus (Debian: prometheus)", "WIM_REQUIRE_SERVERS")
    return subprocess.run([program, *arguments], cwd=FOLDER, capture_output=True, text=True, check=False)


def test_prometheus_takes_the_rules() -> None:
    """The rules are well formed."""
    checked = promtool("check", "rules", "--lint-fatal", "alerts.yaml")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_alerts_ring_when_they_must_and_only_then() -> None:
    """Every story of alerts_test.yaml goes as it is told."""
    tested = promtool("test", "rules", "alerts_test.yaml")
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_every_alert_has_a_story(alerts: list[dict[str, Any]]) -> None:
    """Each alert is seen both firing and quiet."""
    stories = yaml.safe_load((FOLDER / "alerts_test.yaml").read_text())["tests"]
    cases = [case for story in stories for case in story["alert_rule_test"]]
    names = {alert["alert"] for alert in alerts}
    assert {case["alertname"] for case in cases if case["exp_alerts"]} == names
    assert {case["alertname"] for case in cases if not case["exp_alerts"]} == names


def test_worker_and_api_have_the_metrics_asked_for(alerts: list[dict[str, Any]]) -> None:
    """An alert on a metric that nobody exports never rings."""
    registries = (Metrics().registry, Meters().registry)
    collected = [metric for registry in registries for metric in registry.collect()]
    exported = {metric.name + ("_total" if metric.type == "counter" else "") for metric in collected}
    asked = {name for alert in alerts for name in re.findall(r"\bwim_\w+", alert["expr"])}
    assert asked
    assert asked - exported == set()


def test_every_alert_leads_to_its_runbook(alerts: list[dict[str, Any]]) -> None:
    """The page that an alert names has a section of its name."""
    for alert in alerts:
        page, _, anchor = alert["annotations"]["runbook_url"].partition("#")
        headings = re.findall(r"^#+ (.+)$", (PROJECT / page).read_text(), re.MULTILINE)
        assert anchor in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
        assert anchor == alert["alert"].lower()
