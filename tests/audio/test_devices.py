from voiced.audio.devices import DeviceDescription, as_yaml, driver_for
from voiced.audio.wav import WavDriver


def test_devices_are_listed_as_yaml_that_can_be_pasted():
    mic = DeviceDescription("USB Mic: Audio (hw:1,0)", 1, 0, 48_000)
    card = DeviceDescription("sysdefault", 2, 2, 44_100)
    text = as_yaml([mic, card])
    assert 'input: {device: "USB Mic: Audio (hw:1,0)"}  # 1 channels, 48000 Hz' in text
    assert text.count("sysdefault") == 2
    assert text.count("USB Mic") == 1


def test_no_devices_are_said():
    assert as_yaml([]) == "# inputs\n# no input device found\n# outputs\n# no output device found"


def test_file_name_asks_for_the_wav_driver():
    assert isinstance(driver_for("file:/tmp/x.wav"), WavDriver)
