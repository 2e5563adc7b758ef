"""The examples for Grafana and Prometheus name figures that there are."""

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from voiced.host.metrics import Metrics

EXAMPLES = Path(__file__).resolve().parents[2] / "config" / "monitoring"


def expressions():
    board = json.loads((EXAMPLES / "grafana-dashboard.json").read_text())
    rules = yaml.safe_load((EXAMPLES / "alerts.yaml").read_text())
    yield from (target["expr"] for panel in board["panels"] for target in panel["targets"])
    yield from (rule["expr"] for group in rules["groups"] for rule in group["rules"])


@pytest.fixture(scope="module")
def names(speaker_status):
    metrics = Metrics(lambda: speaker_status)
    metrics.tools.labels("a", "done").inc()
    metrics.stages.labels("a").observe(1)
    metrics.sessions.labels("closed").inc()
    metrics.phases.labels("idle").inc()
    families = text_string_to_metric_families(metrics.text().decode())
    return {sample.name for family in families for sample in family.samples}


def test_every_figure_in_the_examples_exists(names):
    for expression in expressions():
        for name in re.findall(r"\b(?:voiced|process)_\w+", expression):
            assert name in names, expression
