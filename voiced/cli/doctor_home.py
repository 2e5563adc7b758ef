"""The doctor's look at the house: does Home Assistant answer, and what of it can be spoken of."""

import asyncio
from dataclasses import dataclass

from voiced.cli.findings import Finding, bad, doubtful, good
from voiced.cli.visiting import visited
from voiced.config.schema import VoicedSettings
from voiced.config.secrets import resolve
from voiced.tools.actions.action import ActionError
from voiced.tools.home_assistant.connection import Connection
from voiced.tools.home_assistant.line import LostError, RefusedError
from voiced.tools.home_assistant.settings import HomeAssistantSettings
from voiced.tools.secrecy import Resolve

_LOOK_SECONDS = 40.0
_MAKE_ANOTHER = (
    "make a long-lived access token (Home Assistant: your name, Security) and keep it where home_assistant.token says"
)


@dataclass(frozen=True, slots=True)
class HomeExamination:
    """What the check of the house needs."""

    settings: VoicedSettings
    resolve: Resolve = resolve


def home_assistant_answers(home: HomeExamination) -> Finding | None:
    """Network, TLS, token and what is exposed, all by connecting once. Not asked without Home Assistant."""
    settings = home.settings.home_assistant
    return None if settings is None else asyncio.run(_look(settings, home.resolve))


async def _look(settings: HomeAssistantSettings, resolve: Resolve) -> Finding:
    try:
        async with visited(settings, resolve, _LOOK_SECONDS) as house:
            return _found(settings, house)
    except RefusedError as error:
        return bad(f"Home Assistant at {settings.url}: {error}", _MAKE_ANOTHER)
    except (LostError, ActionError) as error:
        return bad(f"Home Assistant at {settings.url}: {error}", "check the network, home_assistant.url, token and tls")


def _found(settings: HomeAssistantSettings, house: Connection) -> Finding:
    what = f"Home Assistant {house.version} at {settings.url}: {len(house.states)} entities"
    if settings.expose is None:
        return good(f"{what}, none exposed by home_assistant.expose")
    exposed = house.exposed
    told = f"{what}, {len(exposed.things)} exposed in {len(exposed.places)} areas"
    if exposed.missing:
        return doubtful(f"{told}; it has no {', no '.join(exposed.missing)}", "correct home_assistant.expose")
    if exposed.left_out:
        return doubtful(
            f"{told}, {exposed.left_out} more left out", "choose fewer, or raise home_assistant.expose.names"
        )
    if not exposed.things:
        return doubtful(told, "in Home Assistant: Settings, Voice assistants, Expose; or choose otherwise here")
    return good(told)
