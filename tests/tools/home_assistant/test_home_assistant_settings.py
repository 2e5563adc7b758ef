import pytest
from pydantic import ValidationError

from voiced.tools.home_assistant.settings import HomeAssistantSettings


def settings(url: str = "http://ha.local:8123", **more: object) -> HomeAssistantSettings:
    return HomeAssistantSettings.model_validate({"url": url, "token": {"env": "T"}, **more}, strict=False)


@pytest.mark.parametrize(
    ("url", "api", "address"),
    [
        ("http://ha.local:8123", "ws://ha.local:8123/api/websocket", ("ha.local", 8123)),
        ("https://ha.example/", "wss://ha.example/api/websocket", ("ha.example", 443)),
        ("http://10.0.0.2/hass/", "ws://10.0.0.2/hass/api/websocket", ("10.0.0.2", 80)),
    ],
)
def test_the_api_is_under_the_url(url: str, api: str, address: tuple[str, int]) -> None:
    assert settings(url).api == api
    assert settings(url).address == address


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"url": "ha.local:8123"}, "must begin with http://"),
        ({"url": "ws://ha.local"}, "must begin with http://"),
        ({"url": "http://:8123"}, "and a host"),
        ({"url": "http://ha.local:99999"}, "must begin with"),
        ({"url": "http://ha.local/?token=x"}, "the token has a key of its own"),
        ({"expose": {}}, "say what to expose"),
        ({"expose": {"exclude": ["light.a"]}}, "say what to expose"),
        ({"expose": {"areas": []}}, "at least 1"),
        ({"expose": {"entities": ["Kitchen"]}}, "'Kitchen' is no entity"),
        ({"expose": {"domains": ["light.a"]}}, "'light.a' is no domain"),
        ({"expose": {"assist": True, "unasked": ["cover.kitchen-blind"]}}, "'cover.kitchen-blind' is no entity"),
        ({"expose": {"assist": True, "unasked": ["Scenes"]}}, "'Scenes' is no domain"),
        ({"expose": {"assist": True, "names": 0}}, "greater than or equal to 1"),
        ({"token": "abc"}, "valid dictionary"),
    ],
)
def test_a_mistake_is_told(more: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        settings(**more)  # type: ignore[arg-type]
