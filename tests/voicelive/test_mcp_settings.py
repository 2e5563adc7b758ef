import json

import pytest
from azure.ai.voicelive.models import MCPServer
from pydantic import ValidationError

from voiced.voicelive.mcp_settings import McpServerSettings
from voiced.voicelive.settings import VoiceLiveSettings

LEARN = {"label": "learn", "url": "https://learn.microsoft.com/api/mcp"}


def read(**more):
    return McpServerSettings.model_validate_json(json.dumps(LEARN | more))


def secret(reference):
    return f"<{reference.env}>"


def test_least_server_is_asked_about_always_explicitly():
    assert read().payload(secret) == {
        "type": "mcp", "server_label": "learn", "server_url": LEARN["url"], "require_approval": "always",
    }  # fmt: skip


def test_everything_is_sent_with_the_secrets_filled_in(fields_of):
    server = read(
        authorization={"env": "TOKEN"},
        headers={"X-Api-Key": {"env": "KEY"}, "X-Team": "home"},
        allowed_tools=["find", "add"],
        approval={"never": ["find"], "always": ["add"]},
    )
    payload = server.payload(secret)
    assert payload["authorization"] == "<TOKEN>"
    assert payload["headers"] == {"X-Api-Key": "<KEY>", "X-Team": "home"}
    assert payload["allowed_tools"] == ["find", "add"]
    assert payload["require_approval"] == {"always": ["add"], "never": ["find"]}
    assert payload.keys() <= fields_of(MCPServer)


@pytest.mark.parametrize(("approval", "asks"), [("never", False), ("always", True), ({"never": ["find"]}, True)])
def test_unlisted_tools_are_asked_about(approval, asks):
    assert read(approval=approval).asks is asks


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"url": "http://mcp.example.com/"}, "in clear"),
        ({"url": "learn.microsoft.com/api/mcp"}, "https://"),
        ({"url": "wss://example.com"}, "https://"),
        ({"url": "https://me:s3cret@example.com/mcp"}, "authorization"),
        ({"url": "https://example.com:99999/"}, "no address"),
        ({"label": "two words"}, "match"),
        ({"headers": {"Authorization": "Bearer s3cret"}}, "looks like a secret"),
        ({"headers": {"x-functions-key": "s3cret"}}, "looks like a secret"),
        ({"headers": {"no good": "x"}}, "no header"),
        ({"authorization": "s3cret"}, "authorization"),
        ({"approval": "sometimes"}, "always"),
        ({"approval": {"always": ["a"], "never": ["a"]}}, "always and never"),
        ({"approval": {"never": ["b"]}, "allowed_tools": ["a"]}, "not among"),
        ({"allowed_tools": []}, "at least 1"),
    ],
)
def test_mistake_is_told_without_the_secret(given, words):
    with pytest.raises(ValidationError) as error:
        read(**given)
    told = error.value.errors(include_input=False, include_url=False)
    assert words in json.dumps(told, default=str)
    assert "s3cret" not in json.dumps([(each["loc"], each["msg"]) for each in told])


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/mcp", "http://localhost/mcp", "http://[::1]:1/"])
def test_clear_text_is_for_this_device(url):
    assert read(url=url).url == url


def test_labels_are_told_apart():
    with pytest.raises(ValidationError, match="there twice"):
        VoiceLiveSettings.model_validate_json(json.dumps({"mcp_servers": [LEARN, LEARN]}))
