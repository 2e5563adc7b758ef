import json
import subprocess
import sys

import numpy as np
from demonstration import voice

from voiced.cascade.stop_word_stream import HEADER
from voiced.cli import main

PERIOD = 320


def test_stop_words_in_the_sound_of_its_input_are_told_line_by_line():
    said = np.concatenate([np.zeros(16_000), voice.speak("stop", "rms"), np.zeros(16_000)])
    said += np.random.default_rng(1).normal(size=len(said)) * 16
    stereo = np.column_stack([said, np.zeros(len(said))]).astype(np.int16)
    records = [
        HEADER.pack(5000 + start, 4 * PERIOD) + stereo[start : start + PERIOD].tobytes()
        for start in range(0, len(stereo) - PERIOD, PERIOD)
    ]
    command = [sys.executable, "-m", "voiced", "stopwords", "stop", "be quiet"]
    done = subprocess.run(command, input=b"".join(records), capture_output=True, check=True, timeout=60)
    (line,) = done.stdout.splitlines()
    answer = json.loads(line)
    assert answer["phrase"] == "stop"
    assert 5000 + 16_000 < answer["position"] < 5000 + len(said)
    assert done.stderr == b""


def test_phrase_that_can_not_be_recognised_ends_it_with_69_and_the_reason():
    done = subprocess.run(
        [sys.executable, "-m", "voiced", "stopwords", "stop!"], input=b"", capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 69
    assert (
        done.stderr == b"voiced: the stop word 'stop!' is not one or more English words; write them with letters only\n"
    )


def test_verb_of_the_daemons_is_not_listed(capsys):
    main(["--help"])
    assert "stopwords" not in capsys.readouterr().out
