import base64
import json

import pytest

from voiced.cascade.avatar import answer_to
from voiced.cascade.protocol import ProtocolError


def encoded(content):
    return base64.b64encode(json.dumps(content).encode()).decode()


def test_the_answer_refuses_every_medium_of_the_offer():
    offer = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\na=mid:0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n"
    answer = json.loads(base64.b64decode(answer_to(encoded({"type": "offer", "sdp": offer}))))
    assert answer["type"] == "answer"
    media = [line for line in answer["sdp"].split("\r\n") if line.startswith("m=")]
    assert media == ["m=audio 0 UDP/TLS/RTP/SAVPF 111 63", "m=video 0 UDP/TLS/RTP/SAVPF 96"]


@pytest.mark.parametrize("given", [None, 5, "***", "AAAA", encoded([]), encoded({"sdp": 5}), encoded({})])
def test_what_is_no_offer_is_refused(given):
    with pytest.raises(ProtocolError) as refused:
        answer_to(given)
    assert refused.value.param == "client_sdp"
