import pytest

from voiced.voicelive.addresses import is_at_home, is_loopback


@pytest.mark.parametrize(
    ("host", "home", "here"),
    [
        ("localhost", True, True),
        ("127.0.0.1", True, True),
        ("::1", True, True),
        ("192.168.0.4", True, False),
        ("fd00::1", True, False),
        ("nas", True, False),
        ("nas.local.", True, False),
        ("box.home.arpa", True, False),
        ("learn.microsoft.com", False, False),
        ("8.8.8.8", False, False),
    ],
)
def test_host_is_here_at_home_or_on_the_internet(host, home, here):
    assert (is_at_home(host), is_loopback(host)) == (home, here)
