"""The `home_assistant` action: a service called, or a state read."""

from collections.abc import Mapping

from pydantic import JsonValue

from voiced.tools.actions.action import ActionError, Answer
from voiced.tools.actions.home_assistant_settings import HomeAssistantAction
from voiced.tools.actions.picking import pick
from voiced.tools.home_assistant.house import House, call_service, called, reading, state_of
from voiced.tools.home_assistant.settings import ENTITY_ID
from voiced.tools.suggestion import suggestion
from voiced.tools.templates import Body, Text, Values
from voiced.tools.wires import Wires


class HomeAssistantCall:
    """An `Action` over the one connection."""

    def __init__(self, settings: HomeAssistantAction, wires: Wires) -> None:
        self._wires = wires
        self._service = settings.service
        self._target = {kind: [Text(each) for each in ids] for kind, ids in settings.target.given()}
        self._data = Body(settings.data)
        self._state = None if settings.state is None else Text(settings.state)
        self._attribute = settings.attribute
        self._result = settings.result

    async def __call__(self, values: Values) -> Answer:
        """Have it done, or read it."""
        house = self._wires.home
        if self._state is not None:
            await house.ready()
            return Answer(self._read(house, _entity(self._state.render(values))))
        assert self._service is not None  # noqa: S101 (the settings have one of the two)
        target = {kind: [each.render(values) for each in ids] for kind, ids in self._target.items()}
        for entity_id in target.get("entity_id", ()):
            _entity(entity_id)
        data = self._data.render(values)
        answer = await call_service(
            house,
            self._service,
            target,
            data if isinstance(data, Mapping) else {},
            response=self._result is not None,
        )
        return Answer(None if self._result is None else pick(self._result, answer, "Home Assistant"))

    def _read(self, house: House, entity_id: str) -> JsonValue:
        if self._attribute is None:
            return reading(house, entity_id)
        attributes = state_of(house, entity_id).attributes
        if self._attribute not in attributes:
            raise ActionError(
                f"{called(house, entity_id)} has no {self._attribute}{suggestion(self._attribute, attributes)}."
            )
        return attributes[self._attribute]


def _entity(entity_id: str) -> str:
    if not ENTITY_ID.fullmatch(entity_id):
        raise ActionError(f"'{entity_id[:64]}' is no entity of Home Assistant.")
    return entity_id
