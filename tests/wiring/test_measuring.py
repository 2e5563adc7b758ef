from voiced.assistant import events as on
from voiced.assistant.events import FailureReason
from voiced.assistant.phases import Phase
from voiced.host.settings import MetricsSettings
from voiced.wiring.latency import Turn
from voiced.wiring.measuring import Measuring


def test_events_turns_and_tools_are_counted():
    measuring = Measuring(MetricsSettings(listen="127.0.0.1:0"), dict)
    measuring.event(on.SessionFailed(FailureReason.BUSY, "429"))
    measuring.event(on.PlaybackFlushed("item", 120))
    measuring.phase(Phase.LISTENING)
    measuring.turn(Turn(connect=0.02))
    measuring.tool("set_light", ok=True, seconds=0.1)
    assert measuring._metrics.sessions.labels("busy")._value.get() == 1
    assert measuring._metrics.barge_ins._value.get() == 1
    assert measuring._metrics.phases.labels("listening")._value.get() == 1
    assert measuring._metrics.stages.labels("connect")._sum.get() == 0.02
    assert measuring._metrics.tools.labels("set_light", "done")._value.get() == 1


async def test_nobody_asked_costs_nothing():
    measuring = Measuring(MetricsSettings(), dict)
    measuring.event(on.SessionClosed())
    measuring.phase(Phase.IDLE)
    await measuring.run()
    assert measuring._metrics is None
