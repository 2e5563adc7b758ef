"""The signalling of an avatar: a WebRTC answer that takes the client's offer and sends no picture."""

import base64
import binascii
import json

from voiced.cascade.configuration import Configuration
from voiced.cascade.outputs import Outbox
from voiced.cascade.protocol import Frame, ProtocolError

_PARAM = "client_sdp"


class Avatar:
    """The avatar of a session that has one: what a client sends about it. Both raise `ProtocolError`.

    Args:
        configuration: what holds in the session.
        outbox: where its frames go.
    """

    def __init__(self, configuration: Configuration, outbox: Outbox) -> None:
        self._configuration = configuration
        self._outbox = outbox

    def connect(self, frame: Frame) -> None:
        """Serve `session.avatar.connect`."""
        self._require("session.avatar.connect")
        self._outbox.announce("session.avatar.connecting", server_sdp=answer_to(frame.get("client_sdp")))

    def clear(self, _: Frame) -> None:
        """Serve `output_audio_buffer.clear`."""
        self._require("output_audio_buffer.clear")
        self._outbox.announce("output_audio_buffer.cleared")

    def _require(self, event: str) -> None:
        if self._configuration.shown["avatar"] is None:
            raise ProtocolError("invalid_value", f"{event} is for avatars only.", "type")


def answer_to(client_sdp: object) -> str:
    """The `server_sdp` for a `client_sdp`: base64 of JSON with type and sdp, every medium refused.

    Raises:
        ProtocolError: it is no such offer.
    """
    if not isinstance(client_sdp, str):
        raise ProtocolError("missing_required_parameter", "Missing required parameter: 'client_sdp'.", _PARAM)
    try:
        offer = json.loads(base64.b64decode(client_sdp, validate=True))
        lines = offer["sdp"].splitlines()
    except (binascii.Error, ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
        message = "Invalid 'client_sdp': expected base64 of an offer, JSON with type and sdp."
        raise ProtocolError("invalid_value", message, _PARAM) from error
    answer = ["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    for line in lines:
        kind, _, rest = line.partition(" ")
        if kind.startswith("m="):
            _, _, transport = rest.partition(" ")
            answer += [f"{kind} 0 {transport}", "c=IN IP4 127.0.0.1", "a=inactive"]
    sdp = "".join(f"{line}\r\n" for line in answer)
    return base64.b64encode(json.dumps({"type": "answer", "sdp": sdp}).encode()).decode()
