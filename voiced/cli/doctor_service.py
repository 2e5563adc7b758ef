"""The doctor's look at the service: is the clock right, and does a session really open."""

import asyncio
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import voiced
from voiced.assistant.events import Event, FailureReason, SessionOpened
from voiced.cli.findings import Finding, bad, doubtful, good
from voiced.config.schema import VoicedSettings
from voiced.tools.registry import Registry
from voiced.voicelive.failures import Failure
from voiced.voicelive.session import Session
from voiced.wiring import services

_SYNCHRONISE = "sudo timedatectl set-ntp true"
_FIXES = {
    FailureReason.UNREACHABLE: "check the network, and voice_live.endpoint and proxy",
    FailureReason.REFUSED: "check voice_live.credential",
    FailureReason.NOT_FOUND: "check voice_live.endpoint, model and api_version",
    FailureReason.BUSY: "try again in a minute; if that lasts, the resource's quota is too small",
    FailureReason.REJECTED: "check voice_live and personas in the configuration",
    FailureReason.WRONG_CLOCK: _SYNCHRONISE,
    FailureReason.SIGN_IN: "do that, then run this again",
}


@dataclass(frozen=True, slots=True)
class ServiceExamination:
    """What the checks of the service share."""

    settings: VoicedSettings
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))


def clock_is_right(service: ServiceExamination) -> Finding | None:
    """TLS refuses a service whose certificate is not valid yet by our clock. Not asked without a service."""
    if service.settings.voice_live.embedded:
        return None
    now = service.now()
    newest = datetime.fromtimestamp(Path(voiced.__file__).stat().st_mtime, UTC)
    if now < newest:
        return bad(f"the clock says {now:%Y-%m-%d %H:%M} UTC, but voiced is of {newest:%Y-%m-%d}", _SYNCHRONISE)
    if _synchronised() is False:
        return doubtful(f"the clock says {now:%Y-%m-%d %H:%M} UTC and is not synchronised", _SYNCHRONISE)
    return good(f"clock: {now:%Y-%m-%d %H:%M} UTC")


def service_opens_a_session(service: ServiceExamination) -> Finding | None:
    """Name, network, TLS, credential, model and settings, all by opening a session in which nothing is said."""
    if service.settings.voice_live.embedded:
        return None
    failure = asyncio.run(_try(service.settings))
    endpoint = service.settings.voice_live.endpoint
    if failure is None:
        return good(f"Voice Live opens a session at {endpoint}")
    stands_in = service.settings.voice_live.fallback != "none"
    tell = doubtful if stands_in else bad
    return tell(
        f"Voice Live at {endpoint}: {failure.detail}" + ("; the cascade answers in its place" if stands_in else ""),
        _FIXES.get(failure.reason, "try again; the journal has more"),
    )


CHECKS = (clock_is_right, service_opens_a_session)


def _synchronised() -> bool | None:
    """Whether the time came from the network; None where nobody can tell."""
    if shutil.which("timedatectl") is None:
        return None
    asked = subprocess.run(
        ["timedatectl", "show", "--property=NTPSynchronized", "--value"], capture_output=True, text=True, check=False
    )
    return {"yes": True, "no": False}.get(asked.stdout.strip())


async def _try(settings: VoicedSettings) -> Failure | None:
    service = services.cloud(settings, Registry(), lambda _: None)  # what is asked for is the failure

    def emit(event: Event) -> None:
        if isinstance(event, SessionOpened):
            session.close()

    session = Session(service.target, service.credential, service.request("default"), emit)
    keeping = asyncio.create_task(service.credential.run())
    try:
        return await session.run()
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
