import json

import pytest
from benches.figures import COLUMNS, Figure


def test_ratio_is_the_median_of_the_pairs_own_ratios() -> None:
    figure = Figure.beside("wake", "CPU", "ms", [(1.0, 2.0), (10.0, 40.0), (3.0, 4.0)], "stock")
    assert (figure.ours, figure.peer, figure.ratio) == (3.0, 4.0, 0.5)


@pytest.mark.parametrize(("goal", "met"), [(0.5, True), (0.49, False), (None, None)])
def test_goal_beside_a_peer_bounds_the_ratio(goal: float | None, *, met: bool | None) -> None:
    assert Figure.beside("wake", "CPU", "ms", [(100.0, 200.0)], "stock", goal).met is met


@pytest.mark.parametrize(("goal", "met"), [(2.0, True), (1.9, False), (None, None)])
def test_goal_without_a_peer_bounds_our_figure(goal: float | None, *, met: bool | None) -> None:
    assert Figure.alone("host", "start", "s", [1.0, 2.0, 9.0], goal).met is met


def test_json_line_has_the_documented_keys_in_order() -> None:
    line = json.loads(Figure.alone("host", "start", "s", [2.0]).json())
    assert tuple(line) == COLUMNS
    assert (line["ours"], line["peer"], line["ratio"], line["met"]) == (2.0, None, None, None)


@pytest.mark.parametrize(("ours", "met"), [(0.0, True), (1.0, False)])
def test_peer_of_zero_has_no_ratio_and_the_goal_bounds_our_figure(ours: float, *, met: bool) -> None:
    figure = Figure.beside("audio", "lost", "frames", [(ours, 0.0)], "stock", 0.0)
    assert (figure.ratio, figure.met) == (None, met)
