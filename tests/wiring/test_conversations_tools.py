from voiced.audio.preroll import PreRoll
from voiced.voicelive.connection import Target
from voiced.voicelive.credentials import KeyCredential
from voiced.wiring.conversations import Conversations
from voiced.wiring.services import Service


class Session:
    """Keeps which tools it is told of."""

    def __init__(self):
        self.told = []

    def set_tools(self, tools):
        self.told.append(tools)

    def close(self):
        pass


async def test_present_session_is_told_of_other_tools_as_its_persona_has_them():
    tools = {"default": ["lamp"], "chef": ["oven"]}
    target = Target("http://127.0.0.1:9", "gpt-realtime", "2026-07-15", 5.0)
    service = Service("azure", target, KeyCredential(lambda: "k"), lambda persona: {"tools": tools[persona]})
    talks = Conversations(service, PreRoll(1), lambda _: None, chance=lambda: 0.0, clock=lambda: 0.0)
    talks.tools_changed()  # nobody to tell
    assert talks.persona == "default"
    talk = talks.open("chef", certain=True)
    talks.tools_changed()  # nobody answers yet
    talk.session, talk.service = session, _ = Session(), service
    tools["chef"] = ["oven", "hood"]
    talks.tools_changed()
    assert session.told == [["oven", "hood"]]
    assert talks.persona == "chef"
    talks.close()
    talks.tools_changed()
    assert len(session.told) == 1
