"""How much of the service may be used, and what it costs."""

from collections.abc import Iterator
from typing import Self

from pydantic import Field, model_validator

from voiced.settings import Settings
from voiced.voicelive.usage import Usage

_MILLION = 1_000_000


class PriceSettings(Settings):
    """What you pay, from your contract or the service's price list: for a million tokens of each kind."""

    input_text: float = Field(ge=0)
    """Text to the model: instructions, tools, what was said before."""
    input_audio: float = Field(ge=0)
    """Your voice."""
    output_text: float = Field(ge=0)
    """Text from the model: the words of replies, calls of tools."""
    output_audio: float = Field(ge=0)
    """The voice of replies."""
    cached_text: float | None = Field(default=None, ge=0)
    """Text that the service had in its cache; left out, the price of `input_text`."""
    cached_audio: float | None = Field(default=None, ge=0)
    """Sound that it had there; left out, the price of `input_audio`."""
    minute: float = Field(default=0.0, ge=0)
    """What a minute of connection costs beside that."""

    def cost(self, usage: Usage) -> float:
        """An estimate: what the service counts, at your prices."""
        cached_text = self.input_text if self.cached_text is None else self.cached_text
        cached_audio = self.input_audio if self.cached_audio is None else self.cached_audio
        tokens = (
            usage.input_text * self.input_text
            + usage.input_audio * self.input_audio
            + usage.cached_text * cached_text
            + usage.cached_audio * cached_audio
            + usage.output_text * self.output_text
            + usage.output_audio * self.output_audio
        )
        return tokens / _MILLION + usage.minutes * self.minute


class LimitSettings(Settings):
    """Any of six limits; days and months are those of this device's calendar."""

    tokens_per_day: int | None = Field(default=None, ge=1)
    """Tokens of all kinds."""
    minutes_per_day: float | None = Field(default=None, gt=0)
    """Connected time."""
    cost_per_day: float | None = Field(default=None, gt=0)
    """Estimated cost, in `currency` (needs `prices`)."""
    tokens_per_month: int | None = Field(default=None, ge=1)
    """Tokens of all kinds."""
    minutes_per_month: float | None = Field(default=None, gt=0)
    """Connected time."""
    cost_per_month: float | None = Field(default=None, gt=0)
    """Estimated cost, in `currency` (needs `prices`)."""

    def given(self) -> Iterator[tuple[str, float]]:
        """The limits that are set, by name."""
        for name in type(self).model_fields:
            limit = getattr(self, name)
            if limit is not None:
                yield name, limit


class BudgetSettings(Settings):
    """How much of Voice Live may be used. What the cascade on this device answers is free and not counted."""

    currency: str = Field(default="", pattern=r"^([A-Z]{3})?$")
    """In which currency the prices are, as EUR."""
    prices: PriceSettings | None = None
    """What you pay; without it nothing is said of cost."""
    soft: LimitSettings = LimitSettings()
    """Beyond these the speaker says once a day, after a conversation, that the budget runs low."""
    hard: LimitSettings = LimitSettings()
    """Beyond these nothing is sent to Voice Live until the day or the month is over: `voice_live.fallback` answers, or
    the speaker says why it doesn't. A conversation that reaches one is finished."""
    tokens_per_conversation: int | None = Field(default=None, ge=1)
    """A conversation ends when it has used so many tokens, after the reply."""

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        hard = dict(self.hard.given())
        for name, limit in self.soft.given():
            if name in hard and limit > hard[name]:
                raise ValueError(f"soft.{name} is above hard.{name}, and would never be told")
        costs = [f"{kind}.{name}" for kind in ("soft", "hard") for name, _ in getattr(self, kind).given()]
        if self.prices is None:
            for name in costs:
                if ".cost_" in name:
                    raise ValueError(f"{name} needs `prices`")
        return self
