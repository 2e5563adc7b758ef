"""Whether the service's SDK tells OpenTelemetry what it does."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from voiced.settings import Settings


class TracesSettings(Settings):
    """Spans of the service's SDK, for OpenTelemetry; `traces: otlp` is short for `traces: {exporter: otlp}`."""

    exporter: Literal["otlp", "console"]
    """Where they go: to a collector over HTTP (`otlp`), or to the journal, one line each (`console`)."""
    endpoint: str | None = Field(default=None, pattern=r"^https?://[^\s/]\S*$")
    """The collector's address, as http://nas.lan:4318/v1/traces; left out, the environment's
    OTEL_EXPORTER_OTLP_ENDPOINT holds, or port 4318 of this device."""
    content: bool = False
    """Put what was said and what tools were told into them, too; secrets and sound never are."""

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, given: Any) -> Any:  # noqa: ANN401 (whatever YAML holds)
        return {"exporter": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.exporter == "console" and self.endpoint is not None:
            raise ValueError("an endpoint is for `exporter: otlp`")
        return self
