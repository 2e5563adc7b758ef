"""The protocol's versions, and what came with which (Microsoft's references and how-to pages)."""

VERSIONS = (
    "2025-05-01-preview",
    "2025-10-01",
    "2026-01-01-preview",
    "2026-04-10",
    "2026-06-01-preview",
    "2026-07-15",
)
_SINCE = {
    "auto_truncate": "2026-01-01-preview",
    "azure-realtime": "2026-01-01-preview",
    "mcp_servers": "2026-04-10",
    "interim_response": "2026-01-01-preview",
    "client echo reference": "2026-06-01-preview",
    "parallel_tool_calls": "2026-06-01-preview",
}


def offers(version: str, feature: str) -> bool:
    """Whether a version of the protocol has a feature; the dates in the versions are in order."""
    return version >= _SINCE[feature]


def since(feature: str) -> str:
    """The first version with a feature."""
    return _SINCE[feature]
