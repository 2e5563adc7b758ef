"""The `http` action's part of a tool's settings."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Discriminator, Field, JsonValue, Tag, field_validator, model_validator

from voiced.settings import SecretReference, Settings
from voiced.tools import templates
from voiced.tools.actions.picking import Picked
from voiced.tools.actions.settings import ActionSettings
from voiced.tools.parameters import ParameterSettings
from voiced.tools.suggestion import suggestion
from voiced.tools.tls_settings import TlsSettings

# told apart by shape first, so that a mistake is reported once and not for every member of the union
HeaderValue = Annotated[
    Annotated[str, Tag("text")] | Annotated[SecretReference, Tag("secret")],
    Discriminator(lambda value: "secret" if isinstance(value, dict | SecretReference) else "text"),
]


METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
"""Methods that may be sent again: once or twice is the same to the device (RFC 9110, section 9.2.2)."""
_METHOD = re.compile(r"[A-Z][A-Z-]*")


class RetrySettings(Settings):
    """Sending a request again that did not arrive, or that the device was too busy for (502, 503, 504)."""

    max: int = Field(default=2, ge=0, le=5)
    """How often, at most; all of it within the tool's time limit."""
    backoff_seconds: float = Field(default=0.5, gt=0, le=30)
    """Before the first retry; each further one waits twice as long."""
    idempotent: bool = False
    """Whether the request may be sent twice though its method (POST, PATCH) does not say so."""


class HttpAction(ActionSettings):
    """One HTTP request. Strings are Jinja2 templates over the parameters; header names and JSON keys are not."""

    method: str = "GET"
    """GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS, or another one that the device knows."""
    url: str
    """http:// or https://. Values are percent-encoded. A parameter in the host needs an enum."""
    headers: dict[str, HeaderValue] = Field(default_factory=dict)
    """Header to value. A secret stands for the whole value: keep `Bearer …` in the secret itself."""
    body: JsonValue = Field(default=None, alias="json")
    """Body as JSON. A string that is only `{{ level }}` keeps the parameter's type."""
    form: dict[str, str] | None = None
    """Body as a form, field to value; not together with json."""
    retries: RetrySettings = RetrySettings(max=0)
    """Sending it again where it failed, like {max: 2}; it is not where this is left out."""
    tls: TlsSettings | None = None
    """For https:// devices with a certificate of their own: {ca_file: PATH} or {verify: false}."""
    result: Picked = None
    """What of the answer, where that is JSON, is the result: a JMESPath expression like `state.temperature`."""

    @field_validator("method", mode="after")
    @classmethod
    def _known_method(cls, method: str) -> str:
        close = suggestion(method.upper(), METHODS)
        if method not in METHODS and (close or not _METHOD.fullmatch(method)):
            raise ValueError(f"'{method}' is no method; there are {', '.join(METHODS)}{close}")
        return method

    @model_validator(mode="after")
    def _may_repeat(self) -> Self:
        if self.retries.max and self.method not in IDEMPOTENT and not self.retries.idempotent:
            raise ValueError(
                f"retries: a {self.method} that is sent twice may act twice; add `idempotent: true` where it does not"
            )
        return self

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        given = [name for name, part in (("json", self.body), ("form", self.form)) if part is not None]
        if len(given) > 1:
            raise ValueError("give json or form, not both")
        if given and self.method in {"GET", "HEAD"}:
            raise ValueError(f"{self.method} carries no {given[0]}; did you mean method: POST?")
        return self

    def templates(self) -> Iterator[tuple[str, str]]:
        """Every template with the key that holds it."""
        yield "url", self.url
        for name, value in self.headers.items():
            if isinstance(value, str):
                yield f"headers.{name}", value
        yield from templates.strings_in(self.body, "json")
        for name, value in (self.form or {}).items():
            yield f"form.{name}", value

    def addresses(self) -> Iterator[tuple[str, str, int]]:
        """The host of the URL, where it is always the same."""
        authority = _AUTHORITY.match(self.url)
        if authority is not None and "{" not in authority["host"]:
            parts = urlsplit(authority[0])
            if parts.hostname:
                yield "url", parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)

    def problems(self, parameters: Mapping[str, ParameterSettings]) -> list[str]:
        """What is wrong with this request in a tool with these parameters, each with its key."""
        return super().problems(parameters) or self._host_problems(parameters)

    def _host_problems(self, parameters: Mapping[str, ParameterSettings]) -> list[str]:
        authority = _AUTHORITY.match(self.url)
        if authority is None or not authority["host"]:
            return ["url: must begin with http:// or https:// and a host"]
        try:
            names = templates.variables(authority["host"])
        except ValueError:
            return ["url: no {% %} around the host"]
        # otherwise what the model says, or was told to say by a web page, would choose which machine is asked
        return [
            f"url: '{name}' is in the host, so it needs an enum"
            for name in sorted(names - frozenset(templates.SURROUNDINGS))
            if parameters[name].enum is None
        ]


_AUTHORITY = re.compile(r"https?://(?P<host>(?:\{\{.*?\}\}|[^/?#{]|\{(?!\{))*)")
