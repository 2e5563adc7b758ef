"""What happened, as a list of moments, and how long it took."""

import json
from dataclasses import dataclass, field
from typing import Any

from demonstration.voice import RATE, Spoken


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline: seconds since the daemon was followed, a kind, and words."""

    at: float
    kind: str
    text: str


@dataclass(slots=True)
class Timeline:
    """Collects the daemon's events.

    Attributes:
        spoken: what the staged voice says and where in the microphone's stream; empty for a real microphone.
        moments: what a person should see, in order.
        colours: (seconds, red, green, blue) that the lights really showed.
        phases: (seconds, phase).
    """

    spoken: list[Spoken] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    colours: list[tuple[float, float, float, float]] = field(default_factory=list)
    phases: list[tuple[float, str]] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    _events: list[dict[str, Any]] = field(default_factory=list)
    _began: float | None = None

    def add(self, event: dict[str, Any]) -> Moment | None:
        """Take an event; return the moment it makes, if a person should see it."""
        if self._began is None:
            self._began = event.get("at")
        if self._began is None:
            return None
        at = event["at"] - self._began
        if event["event"] == "light":
            self.colours.append((at, event["red"], event["green"], event["blue"]))
            return None
        self._events.append(event)
        if event["event"] == "phase":
            self.phases.append((at, event["phase"]))
        described = self._describe(event)
        if described is None:
            return None
        moment = Moment(at, *described)
        self.moments.append(moment)
        return moment

    def _describe(self, event: dict[str, Any]) -> tuple[str, str] | None:  # noqa: PLR0911 (a table)
        match event["event"]:
            case "phase":
                return "phase", f"{event['phase'].replace('_', ' ')}: {event['reason']}"
            case "WakeWordDetected":
                return "wake", f"{event['word']}, score {event['score']:.2f}"
            case "UserTranscribed":
                self.heard.append(event["text"])
                return "you", event["text"] or "(not understood)"
            case "FunctionCalled":
                return "call", f"{event['name']} {event['arguments']}"
            case "tool":
                output = json.loads(event["output"])
                answer = f"{output['status']} {json.dumps(output['result'])}" if event["ok"] else output["error"]
                return "result", f"{answer} ({event['seconds'] * 1000:.0f} ms)"
            case "ReplyTranscribed":
                self.replies.append(event["text"])
                return "reply", event["text"]
            case "SessionFailed":
                return "failure", f"{event['reason']}: {event['detail']}"
            case _:
                return None

    @property
    def phase(self) -> str:
        """The phase last entered."""
        return self.phases[-1][1] if self.phases else "starting"

    def latencies(self) -> list[tuple[str, float]]:
        """(what, milliseconds) of the first turn, as far as its events were seen."""
        wake = self._first("WakeWordDetected")
        if wake is None:
            return []
        found = []
        spoken_at = wake["captured_at"] - wake["position"] / RATE  # when frame 0 of the microphone was taken
        if self.spoken:
            found.append(("wake word end to detection", wake["at"] - spoken_at - self.spoken[0].end / RATE))
        uplink = self._first("UplinkBegan")
        if uplink is not None:
            found.append(("detection to first audio on the wire", uplink["at"] - wake["at"]))
        reply = self._first("ReplyHeard")
        if reply is not None and len(self.spoken) > 1:
            found.append(("end of speech to first reply sample", reply["at"] - spoken_at - self.spoken[1].end / RATE))
        tool = self._first("tool")
        if tool is not None:
            found.append(("tool time", tool["seconds"]))
        return [(what, seconds * 1000) for what, seconds in found]

    def _first(self, kind: str) -> dict[str, Any] | None:
        return next((event for event in self._events if event["event"] == kind), None)
