"""Where an address leads, as far as settings need to know."""

from ipaddress import ip_address

_AT_HOME = (".local", ".lan", ".home", ".internal", ".home.arpa", ".localdomain")


def is_loopback(host: str) -> bool:
    """Whether a host is this device."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_at_home(host: str) -> bool:
    """Whether a host can be found in this house only: a private number, or a name that no public server has."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host.rstrip(".") or host.rstrip(".").endswith(_AT_HOME)
