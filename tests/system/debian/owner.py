"""What an owner of the speaker in the container has: a package in /srv, a virtual sound card, and a light."""

from typing import Any

from demonstration.soundcard import MICROPHONE, SPEAKER
from demonstration.stage import MOCK_PINS

SOUND = "/srv/sound"
"""Where the sound card's socket is in the machine."""
PACKAGE = "/srv/voiced.deb"
ENVIRONMENT = {**MOCK_PINS, "ALSA_CONFIG_PATH": f"{SOUND}/asound.conf", "JACK_NO_START_SERVER": "1"}
"""Leads the unit to the virtual hardware."""


def configuration(**more: Any) -> dict[str, Any]:
    """A speaker on the virtual sound card, with a light, and with everything else on this device."""
    return {
        "audio": {
            "input": {"device": MICROPHONE},
            "output": {"device": SPEAKER, "volume": 60},
            "chimes": {"wake": False, "done": False, "error": False},
        },
        "conversation": {"follow_up_seconds": 1},
        "lights": {"driver": "rgb", "pins": {"red": 17, "green": 27, "blue": 22}},
        **more,
    }
