"""`voiced stopwords`: what the daemon runs beside itself to hear stop words while it sounds; not for people."""

import argparse
import json
import os
import signal
import sys

from voiced.cascade.decoding import RecogniserError
from voiced.cascade.stop_word_stream import read_record
from voiced.cascade.stop_words import StopWordError, StopWords

_NICENESS = 5
"""The sound that is being played comes first."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `voiced stopwords`."""
    parser.add_argument("phrases", nargs="+", metavar="PHRASE")


def execute(options: argparse.Namespace) -> int:
    """Read records of sound from standard input until it ends; write a line of JSON for each stop word in it."""
    os.nice(_NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the daemon in a terminal gets it, too, and ends us in order
    try:
        words = StopWords(options.phrases)
    except (StopWordError, RecogniserError) as error:
        print(f"voiced: {error}", file=sys.stderr)
        return os.EX_UNAVAILABLE
    while (record := read_record(sys.stdin.buffer)) is not None:
        position, sound = record
        for spotted in words.hear(sound, position):
            answer = {"phrase": spotted.phrase, "position": spotted.position, "fit": round(spotted.fit, 2)}
            print(json.dumps(answer), flush=True)
    return os.EX_OK
