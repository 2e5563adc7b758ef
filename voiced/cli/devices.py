import argparse

from voiced.audio.devices import DeviceError, as_yaml
from voiced.cli.common import EX_OK, EX_UNAVAILABLE, fail


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """`voiced devices` has no options yet."""


def execute(_options: argparse.Namespace) -> int:
    """Print the sound devices as YAML to paste under `audio:`."""
    try:
        from voiced.audio.portaudio import list_devices  # noqa: PLC0415 (PortAudio may be missing)

        print(as_yaml(list_devices()))
    except DeviceError as error:
        return fail(EX_UNAVAILABLE, str(error))
    return EX_OK
