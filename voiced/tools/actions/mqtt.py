"""The `mqtt` action: a message to a device, or what it said last."""

import json

from voiced.tools import templates
from voiced.tools.actions.action import ActionError, Answer
from voiced.tools.actions.mqtt_settings import MqttAction
from voiced.tools.actions.picking import json_or_text, pick
from voiced.tools.templates import Body, Text, Values
from voiced.tools.topics import PAYLOAD_BYTES
from voiced.tools.wires import Wires

_WHOSE = "the device"


class MqttMessage:
    """An `Action` over the broker's one connection."""

    def __init__(self, settings: MqttAction, wires: Wires) -> None:
        self._settings = settings
        self._wires = wires
        self._topic = _optional(settings.topic)
        self._response_topic = _optional(settings.response_topic)
        self._state_topic = _optional(settings.state_topic)
        self._text = Text(settings.payload or "")
        self._body = None if settings.body is None else Body(settings.body)
        if settings.state_topic is not None and not templates.variables(settings.state_topic):
            wires.watch(settings.state_topic)  # a device may not have it retained, and speak of itself now and then

    async def __call__(self, values: Values) -> Answer:
        """Send it, or read it."""
        broker = self._wires.broker
        if self._state_topic is not None:
            return self._read(await broker.state(self._state_topic.render(values)))
        assert self._topic is not None  # noqa: S101 (the settings have one of the two)
        topic, payload = self._topic.render(values), self._payload(values)
        qos, retain = self._settings.qos, self._settings.retain
        if self._response_topic is None:
            await broker.publish(topic, payload, qos=qos, retain=retain)
            return Answer(None)
        answers = self._response_topic.render(values)
        return self._read(await broker.request(topic, payload, qos=qos, retain=retain, response_topic=answers))

    def _payload(self, values: Values) -> str:
        if self._body is None:
            return self._text.render(values)
        return json.dumps(self._body.render(values), ensure_ascii=False)

    def _read(self, payload: bytes) -> Answer:
        if len(payload) > PAYLOAD_BYTES:
            raise ActionError("The device answered with too much data.")
        try:
            text = payload.decode()
        except UnicodeDecodeError as error:
            raise ActionError("The device answered with binary data.") from error
        return Answer(pick(self._settings.result, json_or_text(text), _WHOSE))


class Topic:
    """A topic whose levels its owner decides: no value adds one, or stands for several."""

    def __init__(self, source: str) -> None:
        self._text = Text(source)
        self._names = templates.variables(source) - frozenset(templates.SURROUNDINGS)
        self._system = source.startswith("$")

    def render(self, values: Values) -> str:
        """The topic; raises `ActionError`, `RenderError`."""
        for name in sorted(self._names):
            if {"/", "+", "#", "\0"} & set(str(values.get(name))):
                raise ActionError(f"The {name} can't contain /, + or #.")
        topic = self._text.render(values)
        if not topic or (topic.startswith("$") and not self._system):
            raise ActionError("That is no topic.")
        return topic


def _optional(source: str | None) -> Topic | None:
    return None if source is None else Topic(source)
