"""The dashboard and the alert rules name only what the code exports, and are well formed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client import REGISTRY

import notifier.scheduler
import web.health
import web.webhooks
from core.settings import ROOT
from dossiers import proof
from helpdesk.vocabulary import CaseState, Kind
from notifier.states import State
from notifier.vocabulary import Outcome

_ = (notifier.scheduler, web.health, web.webhooks)

FOLDER = ROOT / "deploy" / "monitoring"
RULES = yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))
DASHBOARD = json.loads((FOLDER / "grafana-messages.json").read_text(encoding="utf-8"))

SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


def exported() -> set[str]:
    """Return the names under which the code's metrics are scraped."""
    return {
        f"{family.name}{suffix}"
        for family in REGISTRY.collect()
        for suffix in SUFFIXES.get(family.type, ("",))
    }


def alerts() -> list[dict[str, Any]]:
    return [rule for group in RULES["groups"] for rule in group["rules"]]


def expressions() -> Iterator[str]:
    for rule in alerts():
        yield rule["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_every_metric_named_is_one_that_the_code_exports(expression: str) -> None:
    named = set(re.findall(r"\bmotcua_\w+", expression))
    assert named and named <= exported()
    promql_parser.parse(expression)
    words = {
        "state": set(State) | set(CaseState),
        "kind": set(Kind),
        "outcome": set(Outcome) | set(proof.Outcome),
        "limit": set(proof.Limit),
        "what": {"spent", "reserved", "held", "limit"},
        "result": {"ok", "database", "error"},
    }
    for label, _operator, values in re.findall(r'(\w+)(=~|!~|!=|=)"([^"]*)"', expression):
        assert set(values.split("|")) <= words[label]


def test_a_name_that_nobody_exports_would_be_found() -> None:
    assert "motcua_sms_requests_total" in exported()
    assert "motcua_sms_request_seconds_bucket" in exported()
    assert "motcua_no_such_thing" not in exported()


def test_the_rules_are_as_prometheus_reads_them() -> None:
    assert set(RULES) == {"groups"}
    names = [rule["alert"] for rule in alerts()]
    assert len(names) == len(set(names))
    for group in RULES["groups"]:
        assert set(group) == {"name", "rules"}
    for rule in alerts():
        assert {"alert", "expr", "labels", "annotations"} <= set(rule)
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert set(rule["annotations"]) == {"summary", "action"}


def test_there_is_an_alert_for_each_thing_to_watch() -> None:
    text = " ".join(rule["expr"] for rule in alerts())
    for metric in (
        "motcua_sms_oldest_due_seconds",
        'motcua_sms_waiting{state="uncertain"}',
        "motcua_sms_moved_total",
        "motcua_sms_budget_vnd",
        "motcua_provider_out_of_use",
        "motcua_notifier_leader_epoch",
        "motcua_receipts_forged_total",
        "motcua_desk_oldest_waiting_seconds",
        "motcua_desk_lines_waiting",
    ):
        assert metric in text


def test_the_dashboard_is_as_grafana_reads_it() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["title"] and panel["type"] in {"stat", "timeseries"}
        assert set(panel["gridPos"]) == {"x", "y", "w", "h"}
        assert panel["datasource"]["uid"] == "${source}"
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
    assert len(set(places)) == len(places)
    assert DASHBOARD["templating"]["list"][0]["name"] == "source"
