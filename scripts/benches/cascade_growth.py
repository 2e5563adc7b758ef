"""A process that shows what recognition costs with a number of tools.

Run as `python -m benches.cascade_growth TOOLS`. Prints a JSON object: the seconds of CPU to make the grammar, and those
for a second of sound.
"""

import json
import sys
import time

from benches.cascade_corpus import chatter, commands, household
from benches.cascade_voices import VOICES, in_a_room, spoken
from voiced.cascade.recogniser import Recogniser

_COMMANDS, _CHATTER = 18, 6


def main(tools: int) -> None:
    """Build, hear, print."""
    texts = [said.text for said in commands(_COMMANDS, 2)] + chatter(_CHATTER)
    turns = [in_a_room(each, 20, "pink", index) for index, each in enumerate(spoken(texts, VOICES))]
    recogniser = Recogniser()
    began = time.process_time()
    grammar = recogniser.grammar(*household(tools))
    made = time.process_time() - began
    began = time.process_time()
    for turn in turns:
        recogniser.recognise(grammar, turn)
    cpu = (time.process_time() - began) / (sum(map(len, turns)) / 16_000)
    print(json.dumps({"made": made, "cpu": cpu}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
