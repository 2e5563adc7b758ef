"""Where a server is, whatever its paths."""

from urllib.parse import urlsplit


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, e.g. "http://127.0.0.1:8000"; ValueError where it has none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is no address like http://127.0.0.1:8000")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
