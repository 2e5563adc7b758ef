import yaml

from voiced.audio.alsa import Offer
from voiced.audio.cards import Direction
from voiced.audio.devices import DeviceDescription, StreamHealth, as_yaml, driver_for, health
from voiced.audio.settings import InputSettings
from voiced.audio.wav import WavDriver

INPUT, OUTPUT = Direction.INPUT, Direction.OUTPUT
MICROPHONE = DeviceDescription("hw:CARD=Device,DEV=0", "USB PnP", {INPUT: Offer(1, 1, 1, (44_100, 48_000))}, {})
ARRAY = DeviceDescription("hw:CARD=Array,DEV=0", "Array", {INPUT: Offer(6, 6, 6, (16_000,))}, {})
DEFAULT = DeviceDescription(
    "default", "", {INPUT: Offer(1, 32, 1, (16_000, 24_000)), OUTPUT: Offer(1, 32, 1, (16_000, 24_000))}, {}
)
BUSY = DeviceDescription("hw:CARD=HAT,DEV=0", "HAT", {}, {OUTPUT: "held by aplay (process 7)"})


def test_devices_are_listed_as_yaml_that_can_be_pasted():
    text = as_yaml([DEFAULT, MICROPHONE, ARRAY, BUSY])
    assert text.splitlines() == [
        "# inputs",
        'input: {device: "default"}  # 32 channels, 16000 Hz',
        'input: {device: "hw:CARD=Device,DEV=0"}  # USB PnP: 1 channel, 44100 or 48000 Hz, resampled to 16000',
        'input: {device: "hw:CARD=Array,DEV=0", channels: 6, channel: mix}  # Array: 6 channels, 16000 Hz',
        "# outputs",
        'output: {device: "default"}  # 32 channels, 24000 Hz',
        'output: {device: "hw:CARD=HAT,DEV=0"}  # HAT: held by aplay (process 7)',
    ]
    for line in text.splitlines():
        if line.startswith("input"):
            assert InputSettings(**yaml.safe_load(line)["input"])


def test_no_devices_are_said():
    assert as_yaml([]) == "# inputs\n# no input device found\n# outputs\n# no output device found"


def test_file_name_asks_for_the_wav_driver():
    assert isinstance(driver_for("file:/tmp/x.wav"), WavDriver)


def test_a_stream_without_counters_has_zeros(tmp_path):
    stream = WavDriver().open_playback(f"file:{tmp_path}/x.wav", 240, lambda frames: bytes(2 * frames))
    stream.close()
    assert health(stream) == StreamHealth()
