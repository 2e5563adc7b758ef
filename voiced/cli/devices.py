import argparse

from voiced.audio.devices import DeviceError, as_yaml
from voiced.audio.listing import list_devices
from voiced.cli import meter
from voiced.cli.common import EX_CONFIG, EX_OK, EX_UNAVAILABLE, add_config, fail, load_or_explain


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `voiced devices`."""
    parser.add_argument("--meter", action="store_true", help="the configured microphone's level, live, until Ctrl-C")
    add_config(parser)


def execute(options: argparse.Namespace) -> int:
    """Print the sound devices as YAML to paste under `audio:`, or the microphone's level."""
    try:
        if options.meter:
            settings = load_or_explain(options.config)
            if settings is None:
                return EX_CONFIG
            meter.show(settings.audio.input)
        else:
            print(as_yaml(list_devices()))
    except DeviceError as error:
        return fail(EX_UNAVAILABLE, str(error))
    except OSError as error:
        return fail(EX_UNAVAILABLE, f"ALSA is missing ({error}); install it: apt-get install libasound2")
    except KeyboardInterrupt:  # how the meter is ended
        pass
    return EX_OK
