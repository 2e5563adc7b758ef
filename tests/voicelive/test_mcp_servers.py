import logging

from voiced.assistant.events import RemoteToolsFailed, RemoteToolsListed, SessionOpened
from voiced.voicelive.mcp_servers import RemoteServers


def states(servers):
    return {label: server["state"] for label, server in servers.status().items()}


def test_status_follows_a_listing():
    servers = RemoteServers(["a", "b"])
    assert states(servers) == {"a": "unasked", "b": "unasked"}
    servers.asked(["a", "b"])
    servers.feed(RemoteToolsListed("a", ("find", "add")))
    servers.feed(RemoteToolsFailed("b", "401"))
    servers.feed(SessionOpened())
    assert servers.status() == {
        "a": {"state": "ready", "tools": 2, "reason": ""},
        "b": {"state": "failed", "tools": 0, "reason": "401"},
    }


def test_next_session_begins_anew_but_a_failure_stands_until_it_is_mended():
    servers = RemoteServers()
    servers.listed("a", 1)
    servers.failed("b", "401")
    servers.asked(["a", "b"])
    assert states(servers) == {"a": "listing", "b": "failed"}


def test_session_that_ends_before_the_listing_leaves_what_was_known():
    servers = RemoteServers(["a"])
    servers.asked(["a"])
    servers.left()
    assert states(servers) == {"a": "unasked"}
    servers.listed("a", 2)
    servers.asked(["a"])
    servers.left()
    assert servers.status()["a"] == {"state": "ready", "tools": 2, "reason": ""}


def test_failure_is_told_once_and_so_is_its_end(caplog):
    caplog.set_level(logging.INFO)
    servers = RemoteServers(["a"])
    for reason in ("401", "401", "timed out"):
        servers.failed("a", reason)
    servers.listed("a", 3)
    servers.listed("a", 3)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "401" in caplog.text
