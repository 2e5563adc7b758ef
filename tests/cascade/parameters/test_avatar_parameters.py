import pytest

from voiced.cascade.parameters.avatar import animation, avatar
from voiced.cascade.protocol import ProtocolError


def test_an_avatar_is_completed_with_ways_to_it():
    shown = avatar({"character": "lisa"}, "session.avatar", "voiced")
    assert shown["ice_servers"][0]["urls"]
    assert (shown["type"], shown["output_protocol"], shown["character"]) == ("video-avatar", "webrtc", "lisa")
    own = [{"urls": ["turn:x"]}]
    assert avatar({"character": "lisa", "ice_servers": own}, "session.avatar", "voiced")["ice_servers"] == own


@pytest.mark.parametrize(
    ("check", "given"),
    [
        (avatar, {}),
        (avatar, {"character": "lisa", "type": "hologram"}),
        (avatar, {"character": "lisa", "output_protocol": "pigeon"}),
        (avatar, {"character": "lisa", "customized": "yes"}),
        (animation, {"outputs": "viseme_id"}),
        (animation, {"outputs": ["dance"]}),
        (animation, []),
    ],
)
def test_what_no_face_can_do_is_refused(check, given):
    with pytest.raises(ProtocolError):
        check(given, "session.x", "voiced")
