import asyncio

import pytest
from azure.core.credentials import AzureKeyCredential

from voiced.voicelive.connection import LinkClosed, Target, open_link, project_of, proxy_for, service_address

RESOURCE = "https://home.services.ai.azure.com"


@pytest.mark.parametrize(
    ("endpoint", "address", "project"),
    [
        (RESOURCE, RESOURCE, None),
        (f"{RESOURCE}/", f"{RESOURCE}/", None),
        (f"{RESOURCE}/api/projects/kitchen", RESOURCE, "kitchen"),
        (f"{RESOURCE}/api/projects/kitchen/", RESOURCE, "kitchen"),
        ("https://gateway.example/voice", "https://gateway.example/voice", None),
        ("https://gateway.example/voice/api/projects/kitchen", "https://gateway.example/voice", "kitchen"),
        (f"{RESOURCE}/api/projects/", RESOURCE, None),
    ],
)
def test_projects_address_is_its_resources_and_other_paths_are_kept(endpoint, address, project):
    assert service_address(endpoint) == address
    assert project_of(endpoint) == project


@pytest.fixture
def environment(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch.setenv


def test_proxy_is_the_environments(environment):
    environment("HTTPS_PROXY", "http://me:secret@proxy.lan:3128")
    assert proxy_for(RESOURCE, None) == "http://me:secret@proxy.lan:3128"


def test_chosen_proxy_comes_before_the_environments_and_may_be_none(environment):
    environment("HTTPS_PROXY", "http://proxy.lan:3128")
    assert proxy_for(RESOURCE, "http://other.lan:1") == "http://other.lan:1"
    assert proxy_for(RESOURCE, "") is None


def test_no_proxy_excepts_hosts(environment):
    environment("HTTPS_PROXY", "http://proxy.lan:3128")
    environment("NO_PROXY", ".azure.com")
    assert proxy_for(RESOURCE, None) is None


@pytest.mark.parametrize("address", ["http://127.0.0.1:8477", "http://localhost:8477", "http://[::1]:8477"])
def test_this_device_is_never_behind_a_proxy(environment, address):
    environment("HTTP_PROXY", "http://proxy.lan:3128")
    assert proxy_for(address, "http://other.lan:1") is None
    assert proxy_for(address, None) is None


def test_proxy_of_another_kind_is_not_used_and_its_password_not_told(environment, caplog):
    environment("ALL_PROXY", "socks5://me:secret@proxy.lan:1080")
    assert proxy_for(RESOURCE, None) is None
    assert "proxy.lan:1080" in caplog.text
    assert "secret" not in caplog.text


# -- an open link -----------------------------------------------------------------------------------------------------


def opening(service):
    return open_link(Target(service.url, "gpt-realtime", "2026-07-15"), AzureKeyCredential("key"), "id")


async def closing(socket):
    await socket.close(code=1013)


async def test_receiving_on_a_link_that_was_closed_tells_the_same_code_each_time(service):
    service.script = closing
    link = await opening(service)
    for _ in range(2):
        with pytest.raises(LinkClosed) as closed:
            await link.receive()
        assert closed.value.code == 1013
    await link.close()


async def test_sending_on_a_link_that_was_closed_is_its_end_and_no_other_error(service):
    service.script = closing
    link = await opening(service)
    with pytest.raises(LinkClosed):
        await link.receive()
    with pytest.raises(LinkClosed) as closed:
        await link.send({"type": "response.create"})
    assert closed.value.code == 1013
    await link.close()


async def test_own_close_ends_a_receiver_that_waits(service):
    link = await opening(service)
    async with asyncio.timeout(5):
        waiting = asyncio.create_task(link.receive())
        await asyncio.sleep(0)
        await link.close()
        with pytest.raises(LinkClosed):
            await waiting
