from voiced.voicelive.meter import Meter
from voiced.voicelive.tap import Direction
from voiced.voicelive.usage import Usage

DONE = {"type": "response.done", "response": {"usage": {"input_tokens": 5, "output_tokens": 2}}}


class Session:
    def __init__(self):
        self.now = 100.0
        self.counted = []
        self.meter = Meter(self.counted.append, lambda: self.now)

    def receives(self, at, frame):
        self.now = at
        self.meter.look(Direction.RECEIVED, frame)


def test_time_counts_from_the_first_frame_to_the_end_and_only_once():
    session = Session()
    session.receives(101, {"type": "session.created"})
    session.receives(111, DONE)
    session.now = 131
    session.meter.close()
    session.meter.close()
    assert session.counted == [Usage(input_text=5, output_text=2, seconds=10), Usage(seconds=20)]


def test_session_that_never_answered_costs_nothing():
    session = Session()
    session.meter.look(Direction.SENT, DONE)
    session.now = 131
    session.meter.close()
    assert session.counted == []
