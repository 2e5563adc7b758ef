"""What the tools for exposed entities have in common."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from voiced.tools.actions.action import Answer
from voiced.tools.arguments import Arguments
from voiced.tools.home_assistant.exposure import Exposed, Thing
from voiced.tools.home_assistant.guarding import may_let_in
from voiced.tools.home_assistant.house import House, available, call_service
from voiced.tools.home_assistant.targets import Meant, Targets
from voiced.tools.parameters import ParameterSettings
from voiced.tools.policy import Policy
from voiced.tools.templates import Text, Values
from voiced.tools.tool import FunctionDefinition, Tool, json_schema

_REPLY = Text("{{ result.said }}")

Do = Callable[[Values], Awaitable[dict[str, JsonValue]]]
"""From checked values to the result with what is said; raises `ActionError`."""


@dataclass(frozen=True, slots=True)
class Speech:
    """What tools are made from: the house, what of it is exposed now, and the language numbers are spelled out in."""

    house: House
    exposed: Exposed
    locale: str

    def targets(self, *domains: str, fits: Callable[[Thing], bool] = lambda _: True) -> Targets:
        """The exposed things of these domains."""
        return Targets(self.exposed, (each for each in self.exposed.things if each.domain in domains and fits(each)))

    def asks(self, things: Iterable[Thing]) -> bool:
        """Whether acting on these is asked about first, as the house is now."""
        unasked, states = self.exposed.unasked, self.house.states
        return any(may_let_in(each.id, states) for each in things if unasked.isdisjoint({each.id, each.domain}))

    def tool(
        self,
        name: str,
        description: str,
        parameters: Mapping[str, ParameterSettings],
        do: Do,
        phrases: tuple[str, ...],
        policy: Policy | None = None,
    ) -> Tool:
        """A tool; phrases with an area are left out where no area has any of its things."""

        async def action(values: Values) -> Answer:
            return Answer(await do(values))

        return Tool(
            FunctionDefinition(name, description, json_schema(parameters)),
            Arguments(parameters, self.locale),
            action,
            policy or Policy(),
            tuple(phrase for phrase in phrases if "{area}" not in phrase or "area" in parameters),
            words={key: parameter.words for key, parameter in parameters.items() if parameter.synonyms},
            reply=_REPLY,
        )

    async def call(
        self, meant: Meant, service: str, done: str, data: Mapping[str, JsonValue] | None = None
    ) -> dict[str, JsonValue]:
        """Call a service for those that are available; what was done, and for which of them it was not."""
        await self.house.ready()
        usable = available(self.house, meant.ids)
        await call_service(self.house, service, {"entity_id": usable or meant.ids}, data)
        missing: list[JsonValue] = [thing.name for thing in meant.things if thing.id not in usable]
        said = f"{done} Not available: {', '.join(map(str, missing))}." if missing else done
        result: dict[str, JsonValue] = {"said": said, "done": [each.name for each in meant.things if each.id in usable]}
        return result | ({"not_available": missing} if missing else {})


def choice(values: list[str], synonyms: Mapping[str, list[str]] | None = None) -> ParameterSettings:
    """A parameter that is one of these words."""
    return ParameterSettings(enum=list(values), synonyms=dict(synonyms or {}), coerce=("lower",))
