"""Keys that still work and will not for ever: a field with `Field(deprecated="use …")` is told where it is set."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from voiced.config.documents import Path_


def deprecated(value: Any, at: Path_ = ()) -> Iterator[tuple[Path_, str]]:  # noqa: ANN401 (whatever settings hold)
    """Each deprecated key that somebody has set, with what to do."""
    if isinstance(value, BaseModel):
        for name in sorted(value.model_fields_set):
            field = type(value).model_fields[name]
            path = (*at, field.alias or name)
            if field.deprecated:
                yield path, f"is deprecated: {field.deprecation_message or 'it will go'}"
            yield from deprecated(value.__dict__[name], path)  # not by attribute, for that warns
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from deprecated(each, (*at, key))
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from deprecated(each, (*at, index))
