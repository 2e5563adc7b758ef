"""The configuration that holds, defaults included, as YAML without secrets."""

from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from voiced.config.schema import VoicedSettings
from voiced.settings import SecretReference
from voiced.voicelive.redaction import without_secrets

WIDTH = 120


def effective(settings: VoicedSettings, *, changed: bool = False) -> str:
    """Settings as YAML that `load` reads, but for what was hidden in it.

    Where a secret is kept is shown; what looks like one and stands in the configuration itself is `***`.

    Args:
        settings: what holds.
        changed: only what somebody has set.
    """
    return yaml.dump(
        _shown(settings, changed=changed), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH
    )


class _Dumper(yaml.SafeDumper):
    """Quotes what YAML 1.1 would take for a boolean, as PyYAML does; text of several lines stands as a block."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002 (PyYAML's own signature)
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def _shown(value: Any, *, changed: bool) -> Any:  # noqa: ANN401, PLR0911 (whatever settings hold; a flat table)
    match value:
        case SecretReference():
            return value.model_dump(mode="json", exclude_none=True)
        case BaseModel():
            fields = type(value).model_fields
            given = {
                field.alias or name: (getattr(value, name), name in value.model_fields_set)
                for name, field in fields.items()
            }
            return {
                key: _hidden(key, _shown(each, changed=changed))
                for key, (each, was_set) in given.items()
                if was_set or not changed
            }
        case Mapping():
            return {str(key): _hidden(str(key), _shown(each, changed=changed)) for key, each in value.items()}
        case list() | tuple():
            return [_shown(each, changed=changed) for each in value]
        case Enum():
            return value.value
        case Path():
            return str(value)
        case str():
            return without_secrets(value)
    return value


def _hidden(key: str, value: Any) -> Any:  # noqa: ANN401 (as above)
    """Text under a key that names a secret is one; a map under it is where the secret is kept."""
    return without_secrets({key: value})[key] if isinstance(value, str) else value
