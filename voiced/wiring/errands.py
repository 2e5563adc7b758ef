"""What scripts and people at a terminal ask of the running speaker over its control socket, and that takes time."""

from collections.abc import Mapping
from typing import Any

from voiced.host.control import Errand
from voiced.wiring.announcing import AnnouncementError, Announcing
from voiced.wiring.questions import QuestionError, Questions


def errands(announcing: Announcing, questions: Questions) -> dict[str, Errand]:
    """By verb: `say` with a `text`; `ask` with a `text`, and `aloud` where the answer is to be heard, too."""

    async def say(request: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            await announcing.say(_text(request))
        except AnnouncementError as error:
            return {"error": str(error)}
        return {}

    async def ask(request: Mapping[str, Any]) -> Mapping[str, Any]:
        text = _text(request)
        if not text:
            return {"error": "there is no text"}
        try:
            answer = await questions.ask(text, aloud=request.get("aloud") is True)
        except QuestionError as error:
            return {"error": str(error)}
        try:
            if answer.sound:
                announcing.play(answer.sound)
        except AnnouncementError as error:
            return {"text": answer.text, "error": str(error)}
        return {"text": answer.text}

    return {"say": say, "ask": ask}


def _text(request: Mapping[str, Any]) -> str:
    text = request.get("text")
    return text.strip() if isinstance(text, str) else ""
