"""The signalling of an avatar: a WebRTC answer that takes the client's offer and sends no picture."""

import base64
import binascii
import json

from voiced.cascade.protocol import ProtocolError

_PARAM = "client_sdp"


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
