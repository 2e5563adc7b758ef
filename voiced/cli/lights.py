"""`voiced lights`: every pattern on the configured lights, and darkness."""

import argparse
import time
from collections.abc import Callable

from voiced.assistant.phases import Phase
from voiced.cli.common import EX_CONFIG, EX_OK, EX_UNAVAILABLE, add_config, fail, load_or_explain
from voiced.lights.animator import FRAME_SECONDS
from voiced.lights.drivers import Dark, Driver, explained, open_driver
from voiced.lights.patterns import OFF, Colours, cross_fade, pattern_for
from voiced.lights.settings import LightDriver

SECONDS = 4.0
"""How long each pattern is shown: one breath of the slowest."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `voiced lights`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    demo = actions.add_parser("demo", help="show every phase's pattern, one after the other")
    demo.add_argument("--seconds", type=float, default=SECONDS, help="of each pattern (default: %(default)g)")
    off = actions.add_parser("off", help="put the light out, as the unit does when the daemon has ended in any way")
    for action in (demo, off):
        add_config(action)


def execute(options: argparse.Namespace) -> int:
    """Light the patterns, or put the light out; without a light in the configuration that is no error for `off`."""
    settings = load_or_explain(options.config)
    if settings is None:
        return EX_CONFIG
    if settings.lights.driver is LightDriver.NONE:
        if options.action == "off":
            return EX_OK
        return fail(EX_UNAVAILABLE, "no light is configured; set `lights: {driver: rgb, pins: …}`")
    driver = open_driver(settings.lights)
    if isinstance(driver, Dark):  # which has said why
        return EX_UNAVAILABLE
    try:
        if options.action == "off":
            driver.show((OFF,) * driver.count)
        else:
            demonstrate(driver, options.seconds)
    except Exception as error:  # noqa: BLE001 (lgpio, gpiozero and the kernel each have their own)
        return fail(EX_UNAVAILABLE, f"the light failed: {explained(error)}")
    finally:
        driver.close()
    return EX_OK


def demonstrate(
    driver: Driver,
    seconds: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Show each phase for so long, with its name on standard output."""
    before: Colours = (OFF,) * driver.count
    for phase in Phase:
        print(phase.value.replace("_", " "), flush=True)
        began = clock()
        shown = before
        while (elapsed := clock() - began) < seconds:
            shown = cross_fade(before, pattern_for(phase).colours_at(elapsed, driver.count), elapsed)
            driver.show(shown)
            sleep(FRAME_SECONDS)
        before = shown
