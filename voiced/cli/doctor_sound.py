"""The doctor's look at sound: cards, configured devices, and two seconds recorded and played back."""

import queue
import threading
import time
from dataclasses import dataclass, field

import numpy as np
import soxr

from voiced.audio.cards import Direction
from voiced.audio.channels import mono
from voiced.audio.devices import FILE_PREFIX, BusyError, DeviceError, Stream, driver_for, health
from voiced.audio.frames import CAPTURE_PERIOD, CAPTURE_RATE, PLAYBACK_RATE, SAMPLE_BYTES, Samples
from voiced.audio.level import CLIPPED_SHARE, Level
from voiced.audio.listing import list_devices
from voiced.audio.settings import AudioSettings
from voiced.cli.findings import Finding, bad, doubtful, good

RECORD_SECONDS = 2.0
PATIENCE_SECONDS = 2.0
"""How much longer than the sound itself recording or playing may take."""
PLAYBACK_PERIOD = 240
LOUD_NOISE = -40.0
"""dBFS of noise in which a wake word is hard to tell."""
OURSELVES = "voiced"
"""The daemon's name among processes."""


@dataclass(slots=True)
class SoundExamination:
    """What the checks of sound share: the settings, and what was recorded."""

    settings: AudioSettings
    recording: Samples = field(default_factory=lambda: np.zeros(0, np.int16))


def portaudio_is_there(_sound: SoundExamination) -> Finding:
    """PortAudio can be loaded."""
    try:
        from voiced.audio.stream import version  # noqa: PLC0415 (it may be missing)
    except DeviceError as error:
        return bad("PortAudio is missing", str(error))
    return good(version())


def cards_are_there(_sound: SoundExamination) -> Finding:
    """There are sound devices in both directions."""
    try:
        found = list_devices()
    except OSError as error:
        return bad(f"ALSA is missing: {error}", "apt-get install libasound2")
    counts = {
        direction: sum(direction in {*device.offers, *device.trouble} for device in found) for direction in Direction
    }
    what = ", ".join(f"{count} {direction} device(s)" for direction, count in counts.items())
    held = [f"{device.name} {trouble}" for device in found for trouble in device.trouble.values()]
    if not all(counts.values()):
        return bad(what, "plug the sound card in; `aplay -l` and `arecord -l` list cards")
    return good("; ".join([what, *held]))


def microphone_hears(sound: SoundExamination) -> Finding:
    """The configured input opens and gives sound; keeps two seconds of it."""
    settings = sound.settings.input
    periods: queue.SimpleQueue[bytes] = queue.SimpleQueue()  # two seconds, then the stream is closed
    try:
        stream = driver_for(settings.device).open_capture(
            settings.device, settings.channels, CAPTURE_PERIOD, periods.put
        )
    except DeviceError as error:
        return _refused("microphone", "audio.input.device", error)
    begun = time.monotonic()
    data: list[bytes] = []
    try:
        wanted = round(RECORD_SECONDS * CAPTURE_RATE / CAPTURE_PERIOD)
        while len(data) < wanted and time.monotonic() < begun + RECORD_SECONDS + PATIENCE_SECONDS:
            try:
                data.append(mono(periods.get(timeout=PATIENCE_SECONDS), settings.channels, settings.channel))
            except queue.Empty:
                break
        described = _described(stream)
    finally:
        stream.close()
    sound.recording = np.frombuffer(b"".join(data), np.int16)
    seconds = len(sound.recording) / CAPTURE_RATE
    if seconds < RECORD_SECONDS:
        return bad(
            f"microphone {settings.device!r} gave {seconds:.1f} s of sound where {RECORD_SECONDS:g} s were due",
            "unplug it and plug it in again; another device of `voiced devices` may work",
        )
    return good(f"microphone {settings.device!r}: {described}")


def microphone_level_is_right(sound: SoundExamination) -> Finding | None:
    """What was recorded is neither digital silence nor clipped nor noise; nothing to say where nothing was."""
    if not len(sound.recording):
        return None
    level = Level()
    for begin in range(0, len(sound.recording), CAPTURE_PERIOD):
        level.feed(sound.recording[begin : begin + CAPTURE_PERIOD])
    what = f"level {level.rms:.0f} dBFS, peak {level.peak:.0f}, noise floor {level.noise_floor:.0f}"
    if not sound.recording.any():
        return bad(
            f"{what}: all zeros",
            "unmute the microphone (`alsamixer`, F4), or set audio.input.channel to another channel",
        )
    if level.clipped > CLIPPED_SHARE:
        return doubtful(f"{what}, {level.clipped:.1%} clipped", "lower the capture volume (`alsamixer`, F4)")
    if level.noise_floor > LOUD_NOISE:
        return doubtful(what, "lower the capture volume (`alsamixer`, F4), or move what is noisy")
    return good(what)


def loudspeaker_plays(sound: SoundExamination) -> Finding:
    """The configured output opens and plays what was recorded, or as much silence."""
    settings = sound.settings.output
    data = soxr.resample(sound.recording, CAPTURE_RATE, PLAYBACK_RATE).astype(np.int16).tobytes()
    data = data or bytes(round(RECORD_SECONDS * PLAYBACK_RATE) * SAMPLE_BYTES)
    position, ended = 0, threading.Event()

    def fill(frames: int) -> bytes:
        nonlocal position
        part = data[position : position + frames * SAMPLE_BYTES]
        position += len(part)
        if not part:
            ended.set()
        return part.ljust(frames * SAMPLE_BYTES, b"\0")

    try:
        stream = driver_for(settings.device).open_playback(settings.device, PLAYBACK_PERIOD, fill)
    except DeviceError as error:
        return _refused("loudspeaker", "audio.output.device", error)
    seconds = len(data) / SAMPLE_BYTES / PLAYBACK_RATE
    try:
        complete = ended.wait(seconds + PATIENCE_SECONDS)
        time.sleep(stream.latency)
        described = _described(stream)
    finally:
        stream.close()
    if not complete:
        return bad(
            f"loudspeaker {settings.device!r} took {position / SAMPLE_BYTES / PLAYBACK_RATE:.1f} of {seconds:.1f} s",
            "unplug it and plug it in again; another device of `voiced devices` may work",
        )
    return good(f"loudspeaker {settings.device!r}: {described}; did you hear what you said?")


def _described(stream: Stream) -> str:
    found = health(stream)
    form = f"{found.rate} Hz, {found.channels} channel(s), " if found.rate else ""
    return f"{form}latency {stream.latency * 1000:.0f} ms" + (f", {found.xruns} xruns" if found.xruns else "")


def _refused(what: str, key: str, error: DeviceError) -> Finding:
    if isinstance(error, BusyError) and any(holder.name == OURSELVES for holder in error.holders):
        return doubtful(f"{what}: in use by the running daemon", "to examine it: systemctl stop voiced")
    return bad(f"{what}: {error}", f"set {key} to one of `voiced devices`")


PRESENCE = (portaudio_is_there, cards_are_there)
"""Checks that a machine without a sound card doesn't need; the rest rests on them."""
RECORDING = (microphone_hears, microphone_level_is_right)
PLAYING = (loudspeaker_plays,)


def needs_card(settings: AudioSettings) -> bool:
    """Whether any configured device is a sound card."""
    return not all(device.startswith(FILE_PREFIX) for device in (settings.input.device, settings.output.device))
