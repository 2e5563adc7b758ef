import errno
import os

import pytest

from voiced.audio import alsa, portaudio
from voiced.audio.alsa import AlsaError, Offer
from voiced.audio.cards import Card, Direction, Holder, Pcm
from voiced.audio.devices import BusyError, DeviceError
from voiced.audio.stream import StreamRefusedError

CARD = Card(1, "Device", "USB PnP Sound Device", (Pcm(0, "USB Audio", frozenset(Direction)),))


class Machine:
    """ALSA and PortAudio as a test wants them."""

    def __init__(self, monkeypatch):
        self.cards = [CARD]
        self.error = None
        self.rehearsal = None
        self.refusal = None
        self.offer = Offer(1, 1, 1, (48_000,))
        self.opened = []
        self.works = []
        monkeypatch.setattr(portaudio, "read_cards", lambda: self.cards)
        monkeypatch.setattr(portaudio, "holders", lambda *_: [Holder(7, "arecord")])
        monkeypatch.setattr(portaudio, "PortAudioStream", self._open)
        monkeypatch.setattr(portaudio, "_refused", set())
        monkeypatch.setattr(alsa, "pcm_names", lambda: ["default"] if self.cards else [])
        monkeypatch.setattr(alsa, "probe", self._probe)
        monkeypatch.setattr(alsa, "rehearse", self._rehearse)
        self.driver = portaudio.PortAudioDriver()

    def _probe(self, pcm, direction, channels):
        if self.error is not None:
            raise AlsaError(self.error, os.strerror(self.error))
        return self.offer

    def _rehearse(self, *_):
        if self.rehearsal is not None:
            raise AlsaError(self.rehearsal, os.strerror(self.rehearsal))

    def _open(self, pcm, direction, channels, rate, period, work, latency, urgent):
        self.opened.append((pcm, direction.value, channels, rate, period))
        if self.refusal is not None:
            raise StreamRefusedError(self.refusal)
        self.works.append(work)
        self.urgent = urgent

        class Stream:
            latency = 0.02
            health = None

        return Stream()

    def capture(self, device="Device", channels=1):
        return self.driver.open_capture(device, channels, 320, lambda _: None)

    def reason(self, **options):
        with pytest.raises(DeviceError) as caught:
            self.capture(**options)
        return str(caught.value)


@pytest.fixture
def machine(monkeypatch):
    return Machine(monkeypatch)


@pytest.mark.parametrize(
    ("rates", "opened"),
    [
        ((8_000, 16_000, 48_000), ("hw:CARD=Device,DEV=0", "input", 1, 16_000, 320)),
        ((44_100, 48_000), ("hw:CARD=Device,DEV=0", "input", 1, 48_000, 960)),
        ((44_100,), ("hw:CARD=Device,DEV=0", "input", 1, 44_100, 882)),
        ((8_000,), ("hw:CARD=Device,DEV=0", "input", 1, 8_000, 160)),
    ],
)
def test_a_card_is_captured_at_our_rate_or_the_best_it_offers(rates, opened, machine):
    machine.offer = Offer(1, 1, 1, rates)
    machine.capture()
    assert machine.opened == [opened]


def test_a_card_that_refuses_mono_is_opened_with_what_it_offers(machine):
    machine.offer = Offer(2, 2, 2, (24_000, 48_000))
    machine.driver.open_playback("Device", 240, lambda frames: b"\1\0" * frames)
    assert machine.opened == [("hw:CARD=Device,DEV=0", "output", 2, 24_000, 240)]
    out = bytearray(960)
    machine.works[0](memoryview(out))
    assert out == b"\1\0" * 480


def test_an_array_with_fewer_channels_than_configured_is_an_error(machine):
    machine.offer = Offer(2, 2, 2, (16_000,))
    assert "has 2 channels, not 6; set audio.input.channels" in machine.reason(channels=6)


def test_a_busy_device_names_its_holder(machine):
    machine.error = errno.EBUSY
    with pytest.raises(BusyError, match=r"is busy: held by arecord \(process 7\)") as caught:
        machine.capture()
    assert caught.value.holders == [Holder(7, "arecord")]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errno.ENOENT, "did you mean 'Device'?"),
        (errno.ENODEV, "is it plugged in?"),
        (errno.EACCES, "group audio"),
        (errno.ECONNREFUSED, "sound server that does not run"),
        (errno.EIO, "Input/output error; is it plugged in?"),
    ],
)
def test_a_device_that_can_not_be_opened_is_told_with_the_fix(error, expected, machine):
    machine.error = error
    reason = machine.reason(device="Devise")
    assert reason.startswith("input device 'Devise'")
    assert expected in reason


def test_no_card_at_all_is_said(machine):
    machine.cards, machine.error = [], errno.ENOENT
    assert machine.reason(device="default").startswith("no input device found; is the sound card plugged in?")


def test_a_device_without_a_known_rate_is_an_error(machine):
    machine.offer = Offer(1, 1, 1, ())
    assert "at any rate we know" in machine.reason()


def test_a_refusal_of_portaudio_is_told_and_its_noise_not_made_again(machine):
    machine.refusal = "Unanticipated host error"
    assert "can't be opened (48000 Hz, 1 channel(s)): Unanticipated host error" in machine.reason()
    machine.rehearsal = errno.EIO
    assert "Input/output error" in machine.reason()
    assert len(machine.opened) == 1
    machine.rehearsal = machine.refusal = None
    machine.capture()
    machine.rehearsal = errno.EIO
    machine.capture()  # it works now: nothing is rehearsed


def test_sound_of_a_server_is_fetched_without_haste_and_all_else_with(machine):
    machine.capture()
    assert machine.urgent
    machine.offer = Offer(1, 1, 1, (16_000, 24_000), served=True)
    machine.capture()
    assert not machine.urgent
    machine.driver.open_playback("Device", 240, bytes)
    assert machine.urgent
