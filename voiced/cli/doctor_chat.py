"""The doctor's look at the language model behind the service on this device: is its server there, has it that model."""

import asyncio
from dataclasses import dataclass
from typing import Any

import aiohttp

from voiced.cascade.settings import ChatSettings
from voiced.cli.findings import Finding, bad, doubtful, good
from voiced.config.schema import VoicedSettings
from voiced.config.secrets import SecretError, resolve
from voiced.tools.secrecy import Resolve

_LOOK_SECONDS = 10.0
_REFUSED = (401, 403)
_MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class ChatExamination:
    """What the check of the language model needs."""

    settings: VoicedSettings
    resolve: Resolve = resolve


def language_model_is_there(chat: ChatExamination) -> Finding | None:
    """Asks the server which models it has; the model itself is asked nothing. Not asked where none is configured."""
    settings = chat.settings.cascade.reply.chat
    if settings is None:
        return None
    try:
        key = None if settings.key is None else chat.resolve(settings.key)
    except SecretError as error:
        return bad(f"the key of the language model: {error}", "correct cascade.reply.chat.key")
    return asyncio.run(_look(settings, key))


async def _look(settings: ChatSettings, key: str | None) -> Finding:
    what = f"language model at {settings.url}"
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_LOOK_SECONDS), headers=headers) as session,
            session.get(f"{settings.url.rstrip('/')}/models", allow_redirects=False) as response,
        ):
            if response.status in _REFUSED:
                return bad(f"{what}: status {response.status}", "correct cascade.reply.chat.key")
            listed = await response.json(content_type=None) if response.status == 200 else None
            status = response.status
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        fix = "start its server, or correct cascade.reply.chat.url"
        return bad(f"{what}: {str(error) or 'no answer'}", fix)
    except ValueError:
        listed, status = None, 200
    return _found(what, settings.model, status, _names(listed))


def _names(listed: Any) -> list[str] | None:  # noqa: ANN401 (whatever a server answers)
    """The models of a list in OpenAI's form; None where it is none."""
    models = listed.get("data") if isinstance(listed, dict) else None
    if not isinstance(models, list):
        return None
    return [str(model["id"]) for model in models if isinstance(model, dict) and "id" in model]


def _found(what: str, model: str, status: int, names: list[str] | None) -> Finding:
    if names is None:
        return doubtful(
            f"{what} answers, but has no list of models (status {status})",
            "does cascade.reply.chat.url end where its API begins, as in http://127.0.0.1:11434/v1?",
        )
    # Ollama's names may go without their tag, which is `latest` then
    if model in names or f"{model}:latest" in names:
        return good(f"{what} has {model}")
    known = ", ".join(names[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")
    return doubtful(
        f"{what} has no {model}, but {known or 'none at all'}", "correct cascade.reply.chat.model, or have it loaded"
    )
