import base64
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.cascade.configuration import Configuration
from voiced.cascade.conversation import Conversation
from voiced.cascade.intents.meanings import Call, Plain
from voiced.cascade.mcp.remote_tools import RemoteTools
from voiced.cascade.outputs import Ask, CallRemoteTool, Forgo, Outbox, Send, Synthesise, Wait
from voiced.cascade.replies import Asked
from voiced.cascade.responding import Responding
from voiced.cascade.response import Response

SECOND = b"\1\0" * 24_000
LIBRARY = {"type": "mcp", "server_label": "library", "server_url": "http://127.0.0.1:9/", "require_approval": "never"}
MUSEUM = {"type": "mcp", "server_label": "museum", "server_url": "http://127.0.0.1:9/"}
LAMP = Call("set_light", {"state": "on"})
BOOK = Call("library__find", {"title": "Emma"})
PICTURE = Call("museum__find", {})  # whose server wants to be asked about
ASKED = Asked([{"role": "user", "content": "tell me a story"}], [])


class Stage:
    """What one response after the other does, with a clock and a voice that wait for the test."""

    def __init__(self, *, calls_first=False, tokens_per_minute=None, checked=lambda answer, _: answer, **session):
        self.now = 100.0
        self.configuration = Configuration.new("voiced", 0)
        tools = [LIBRARY, MUSEUM, {"type": "function", "name": "set_light"}]
        self.configuration.shown = {**self.configuration.shown, "tools": tools, **session}
        self.outbox = Outbox()
        self.conversation = Conversation(self.configuration, self.outbox)
        self.remote = RemoteTools(self.configuration, self.outbox, self.conversation.history, lambda: None)
        self.remote.update()
        for output in self.outbox.flushed():
            if not isinstance(output, Send):
                self.remote.listed(output.item_id, [{"name": "find", "input_schema": {}}], None)
        self.outbox.flushed()
        self.ended = 0
        self.responding = Responding(
            self.configuration,
            self.outbox,
            self.conversation,
            self.remote,
            checked,
            self.end,
            calls_first=calls_first,
            tokens_per_minute=tokens_per_minute,
            clock=lambda: self.now,
        )
        self.outputs = []

    def end(self):
        self.ended += 1

    def new(self, **options):
        return Response(
            options, self.configuration.shown, self.conversation.history, native=False, conversation_id="conv_1"
        )

    def begin(self, answer=None, **options):
        """A response that has begun, and with what it answers where that is given."""
        response = self.new(**options)
        assert self.responding.begin(response)
        if answer is not None:
            self.responding.answer(response, answer)
        return response

    def speak(self, response, seconds=1, **how):
        self.responding.synthesised(response.id, SECOND * seconds, **how)

    def told(self, kind):
        """What was asked for since it was last looked, as far as it is of this kind; everything is kept."""
        self.outputs += self.outbox.flushed()
        return [output for output in self.outputs if isinstance(output, kind)]

    def forget(self):
        self.told(Send)
        self.outputs.clear()

    def frames(self, type_=""):
        return [output.frame for output in self.told(Send) if output.frame["type"].startswith(type_)]

    @property
    def types(self):
        """The frames' types, neighbours alike taken for one."""
        return [type_ for type_, _ in itertools.groupby(frame["type"] for frame in self.frames())]

    @property
    def sound(self):
        return b"".join(base64.b64decode(frame["delta"]) for frame in self.frames("response.audio.delta"))

    @property
    def done(self):
        """The one response that is over."""
        (frame,) = self.frames("response.done")
        return frame["response"]


# -- its beginning and its end ----------------------------------------------------------------------------------------


def test_response_that_begins_is_announced_and_the_only_active_one():
    stage = Stage()
    assert not stage.responding.speaking
    response = stage.begin()
    assert stage.types == ["response.created"]
    assert stage.responding.active(response.id)
    assert not stage.responding.active("resp_other")
    assert not stage.responding.asks(response.id)
    assert stage.responding.speaking


def test_client_that_cancels_is_told_once_and_hears_no_more_of_it():
    stage = Stage()
    response = stage.begin(Plain("A long story."))
    stage.speak(response)
    stage.forget()
    stage.responding.cancel(response)
    assert (stage.done["status"], stage.done["status_details"]["reason"]) == ("cancelled", "client_cancelled")
    assert stage.ended == 1
    stage.forget()
    stage.responding.waited(response.id)
    stage.speak(response)
    stage.responding.speech_failed(response.id, "late")
    assert stage.told(object) == []
    assert stage.ended == 1


def test_response_that_is_cancelled_before_it_began_is_announced_and_over():
    stage = Stage()
    stage.responding.cancel(stage.new())
    assert stage.types == ["response.created", "response.done"]
    assert stage.ended == 1
    assert stage.responding.response is None


def test_session_out_of_tokens_fails_responses_until_the_minute_gives_others():
    stage = Stage(tokens_per_minute=60)
    response = stage.begin(Plain("A long story."))
    stage.speak(response, 5)
    while stage.responding.active(response.id):
        stage.responding.waited(response.id)
    assert stage.types[-2:] == ["response.done", "rate_limits.updated"]
    (limits,) = stage.frames("rate_limits.updated")[-1]["rate_limits"]
    assert limits["remaining"] == 0
    stage.forget()
    assert not stage.responding.begin(stage.new())
    assert stage.types == ["response.created", "response.done", "rate_limits.updated"]
    assert (stage.done["status"], stage.done["status_details"]["error"]["code"]) == ("failed", "rate_limit_exceeded")
    assert stage.ended == 2
    stage.now += 600
    assert stage.responding.begin(stage.new())


# -- what it says -----------------------------------------------------------------------------------------------------


def test_words_are_spoken_with_the_voice_of_the_response_and_told_to_their_end():
    stage = Stage()
    response = stage.begin(Plain("The light is on."), voice={"type": "openai", "name": "echo"})
    assert stage.told(Synthesise) == [
        Synthesise(response.id, "The light is on.", {"type": "openai", "name": "echo"})
    ]  # fmt: skip
    stage.speak(response)
    while stage.responding.active(response.id):
        stage.responding.waited(response.id)
    assert stage.sound == SECOND
    assert stage.frames("response.audio_transcript.done")[0]["transcript"] == "The light is on."
    assert stage.done["status"] == "completed"
    assert stage.ended == 1


def test_sound_is_sent_five_times_as_fast_as_it_is_heard_and_only_when_it_is_due():
    stage = Stage()
    response = stage.begin(Plain("A long story."))
    stage.speak(response, last=False)
    (wait,) = stage.told(Wait)
    first = stage.sound
    assert wait == Wait(response.id, pytest.approx(len(first) / 48_000 / 5))
    stage.speak(response)
    assert stage.sound == first, "more sound is no reason to hurry"
    stage.responding.waited("resp_other")
    assert stage.sound == first
    stage.responding.waited(response.id)
    assert len(stage.told(Wait)) == 2
    assert len(stage.sound) > len(first)


def test_response_after_one_that_was_cut_off_need_not_wait_for_its_time():
    stage = Stage()
    stage.speak(stage.begin(Plain("A long story.")))
    stage.responding.interrupt(None)
    stage.forget()
    stage.speak(stage.begin(Plain("Another.")))
    assert stage.sound


def test_words_are_timed_within_the_part_that_they_are_spoken_in():
    stage = Stage(output_audio_timestamp_types=["word"])
    response = stage.begin(Plain("Once upon."))
    stage.speak(response, spoken="Once", last=False)
    stage.speak(response, spoken="upon.")
    while stage.responding.active(response.id):
        stage.responding.waited(response.id)
    first, second = stage.frames("response.audio_timestamp.delta")
    assert (first["text"], second["text"]) == ("Once", "upon.")
    assert first["audio_offset_ms"] < 1000 <= second["audio_offset_ms"]


def test_voice_is_fixed_by_the_first_sound_and_not_by_silence():
    stage = Stage()
    response = stage.begin(Plain("One."))
    stage.responding.synthesised("resp_other", SECOND)
    stage.responding.synthesised(response.id, b"", last=False)
    assert not stage.configuration.spoken
    stage.speak(response, last=False)
    stage.responding.synthesised(response.id, b"")
    assert stage.configuration.spoken


def test_written_response_needs_neither_voice_nor_time():
    stage = Stage()
    stage.begin(Plain("The light is on."), modalities=["text"])
    assert not stage.told(Synthesise)
    assert not stage.told(Wait)
    assert stage.done["output"][0]["content"] == [{"type": "text", "text": "The light is on."}]
    assert stage.ended == 1


def test_response_with_more_to_say_than_it_may_is_incomplete():
    stage = Stage()
    stage.begin(Plain("word " * 100), modalities=["text"], max_output_tokens=10)
    assert (stage.done["status"], stage.done["status_details"]["reason"]) == ("incomplete", "max_output_tokens")
    assert len(stage.done["output"][0]["content"][0]["text"]) <= 40


def test_voice_that_fails_ends_the_response_with_its_reason():
    stage = Stage()
    response = stage.begin(Plain("One."))
    stage.responding.speech_failed("resp_other", "no voice")
    assert stage.responding.active(response.id)
    stage.responding.speech_failed(response.id, "no voice")
    assert stage.done["status"] == "failed"
    assert stage.done["status_details"]["error"]["message"] == "no voice"
    assert stage.ended == 1


def test_reply_counts_as_speaking_until_it_was_heard():
    stage = Stage()
    response = stage.begin(Plain("A long story."))
    stage.speak(response)
    while stage.responding.active(response.id):
        stage.responding.waited(response.id)
    stage.now += 0.9
    assert stage.responding.speaking
    stage.now += 0.2
    assert not stage.responding.speaking


# -- the stage behind -------------------------------------------------------------------------------------------------


def test_sentences_of_the_stage_behind_are_spoken_one_after_the_other():
    stage = Stage()
    response = stage.begin(ASKED)
    assert stage.told(Ask) == [Ask(response.id, ASKED)]
    assert stage.responding.asks(response.id)
    assert not stage.responding.asks("resp_other")
    stage.responding.replied(response.id, Plain("Once."), last=False)
    stage.responding.replied(response.id, Plain("Upon."), last=False)
    assert [output.text for output in stage.told(Synthesise)] == ["Once."]
    stage.speak(response)
    assert [output.text for output in stage.told(Synthesise)] == ["Once.", "Upon."]
    stage.speak(response)
    assert stage.responding.asks(response.id)
    stage.responding.replied(response.id, None)
    assert not stage.responding.asks(response.id)
    while stage.told(Wait) and stage.responding.active(response.id):
        stage.responding.waited(response.id)
    assert stage.sound == SECOND * 2
    assert stage.frames("response.audio_transcript.done")[0]["transcript"] == "Once. Upon."
    assert stage.done["status"] == "completed"
    assert not stage.told(Forgo)


def test_answer_that_is_not_waited_for_is_ignored():
    stage = Stage()
    stage.responding.replied("resp_other", Plain("Nobody asked."))
    response = stage.begin(ASKED)
    stage.responding.replied("resp_other", Plain("Another."))
    stage.responding.replied(response.id, Plain("Once."))
    stage.responding.replied(response.id, Plain("More."))
    stage.responding.replied(response.id, (LAMP,))
    assert [output.text for output in stage.told(Synthesise)] == ["Once."]
    stage.speak(response)
    while stage.responding.active(response.id):
        stage.responding.waited(response.id)
    assert [item["type"] for item in stage.done["output"]] == ["message"]


def test_stage_behind_may_stop_once_the_response_has_all_that_it_may_say():
    stage = Stage()
    response = stage.begin(ASKED, max_output_tokens=10)
    stage.responding.replied(response.id, Plain("word " * 100), last=False)
    assert stage.told(Forgo) == [Forgo(response.id)], "before that is spoken"
    assert not stage.responding.asks(response.id)
    stage.responding.cancel(response)
    assert stage.done["status"] == "cancelled", "which says more than that it was to be incomplete"
    assert len(stage.told(Forgo)) == 1


@pytest.mark.parametrize("how", ["cancel", "interrupt", "speech_failed"])
def test_stage_behind_may_stop_once_the_response_is_over(how):
    stage = Stage()
    response = stage.begin(ASKED)
    match how:
        case "cancel":
            stage.responding.cancel(response)
        case "interrupt":
            stage.responding.interrupt(None)
        case "speech_failed":
            stage.responding.speech_failed(response.id, "no voice")
    assert stage.told(Forgo) == [Forgo(response.id)]
    stage.forget()
    stage.begin(Plain("Next."))
    stage.responding.cancel(stage.responding.response)
    assert not stage.told(Forgo), "the next one asked nobody"


def test_calls_of_the_stage_behind_are_checked_against_the_response():
    seen = []

    def checked(answer, options):
        seen.append((answer, options))
        return Plain("That is not possible.")

    stage = Stage(checked=checked)
    response = stage.begin(ASKED, tool_choice="none")
    stage.responding.replied(response.id, (LAMP,))
    assert seen == [((LAMP,), {"tool_choice": "none"})]
    assert [output.text for output in stage.told(Synthesise)] == ["That is not possible."]


def test_calls_without_words_are_made_at_once():
    stage = Stage()
    response = stage.begin(ASKED)
    stage.responding.replied(response.id, (LAMP,), last=False)
    assert [item["type"] for item in stage.done["output"]] == ["function_call"]
    assert not stage.told(Forgo), "calls end an answer"
    assert stage.ended == 1


def test_calls_behind_words_wait_until_those_were_told():
    stage = Stage()
    response = stage.begin(ASKED)
    stage.responding.replied(response.id, Plain("One moment."), last=False)
    stage.responding.replied(response.id, (LAMP,))
    assert "response.function_call_arguments.done" not in stage.types
    stage.speak(response)
    while stage.responding.active(response.id):
        stage.responding.waited(response.id)
    assert [item["type"] for item in stage.done["output"]] == ["message", "function_call"]
    assert stage.sound == SECOND
    types = stage.types
    assert types.index("response.audio.done") < types.index("response.function_call_arguments.delta")
    assert stage.ended == 1
    stage.forget()
    stage.begin(Plain("Next."), modalities=["text"])
    assert [item["type"] for item in stage.done["output"]] == ["message"], "calls are of one response only"


# -- calls ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("calls_first", [False, True])
def test_functions_are_the_clients_and_end_the_response(calls_first):
    stage = Stage(calls_first=calls_first)
    stage.begin((LAMP, LAMP))
    assert [item["name"] for item in stage.done["output"]] == ["set_light", "set_light"]
    assert stage.ended == 1


@pytest.mark.parametrize("calls_first", [False, True])
def test_call_that_the_client_has_to_approve_ends_the_response_with_the_question(calls_first):
    stage = Stage(calls_first=calls_first)
    stage.begin((PICTURE,))
    assert [item["type"] for item in stage.done["output"]] == ["mcp_approval_request"]
    assert not stage.told(CallRemoteTool)


def test_response_ends_before_its_remote_calls_as_the_services_does():
    stage = Stage()
    stage.begin((BOOK,))
    (made,) = stage.told(CallRemoteTool)
    assert (made.name, made.arguments) == ("find", {"title": "Emma"})
    assert stage.types[-2:] == ["response.done", "response.mcp_call.in_progress"]
    assert stage.ended == 1
    other = stage.begin()
    stage.remote.called(made.item_id, "Found.", None)
    assert stage.responding.active(other.id), "which that is no part of"


def test_response_ends_after_the_last_of_its_remote_calls_where_those_come_first():
    stage = Stage(calls_first=True)
    stage.begin((BOOK, LAMP, BOOK))
    one, two = stage.told(CallRemoteTool)
    stage.remote.called(two.item_id, "Found.", None)
    assert "response.done" not in stage.types
    stage.remote.called(one.item_id, None, "not there")
    assert [item["type"] for item in stage.done["output"]] == ["mcp_call", "function_call", "mcp_call"]
    assert [item.get("output") for item in stage.done["output"]] == [None, None, "Found."]
    assert stage.responding.response is None


def test_remote_call_that_outlives_its_response_ends_no_other():
    stage = Stage(calls_first=True)
    stage.begin((BOOK,))
    stage.responding.interrupt(None)
    other = stage.begin()
    (made,) = stage.told(CallRemoteTool)
    stage.remote.called(made.item_id, "Found.", None)
    assert stage.responding.active(other.id)


# -- the user speaks --------------------------------------------------------------------------------------------------


def test_interrupted_response_ends_two_pieces_of_sound_later():
    stage = Stage()
    response = stage.begin(Plain("A long story."))
    stage.speak(response, 3)
    before = len(stage.frames("response.audio.delta"))
    stage.responding.interrupt(None)
    assert len(stage.frames("response.audio.delta")) == before + 2
    assert (stage.done["status"], stage.done["status_details"]["reason"]) == ("cancelled", "turn_detected")
    assert stage.ended == 1
    assert stage.responding.response is None


def test_interrupted_silence_lets_the_next_response_begin():
    stage = Stage()
    stage.responding.interrupt(None)
    assert stage.told(object) == []
    assert stage.ended == 1


def test_response_that_a_client_awaits_is_announced_to_be_cancelled():
    stage = Stage()
    awaited = stage.new()
    stage.responding.interrupt(awaited)
    assert stage.types == ["response.created", "response.done"]
    assert stage.done["id"] == awaited.id
    assert stage.done["status_details"]["reason"] == "turn_detected"


DETECTION = {"type": "server_vad", "auto_truncate": True}


def truncated(stage, *, sent=1, heard):
    """What is told to be cut of a reply of so many seconds that was sent whole, once some were heard."""
    response = stage.begin(Plain("A long story."))
    stage.speak(response, sent)
    while stage.responding.active(response.id):
        stage.responding.waited(response.id)
    stage.now += heard
    stage.responding.interrupt(None)
    return stage.frames("conversation.item.truncated")


def test_reply_is_cut_to_what_was_heard_where_that_is_asked_for():
    stage = Stage(turn_detection=DETECTION | {"appended_text_after_truncation": "(cut)"})
    (frame,) = truncated(stage, heard=0.4)
    item = stage.conversation.history.get(frame["item_id"])
    assert frame["audio_end_ms"] == item.audio_ms == 400
    assert item.shown["content"] == [{"type": "audio", "transcript": "(cut)"}]


@pytest.mark.parametrize("detection", [None, DETECTION | {"auto_truncate": False}])
def test_reply_is_kept_whole_where_nothing_else_is_asked_for(detection):
    assert truncated(Stage(turn_detection=detection), heard=0.4) == []


def test_reply_that_was_heard_to_its_end_is_kept_whole():
    assert truncated(Stage(turn_detection=DETECTION), heard=1.0) == []


def test_reply_is_cut_once_and_not_where_the_client_has_done_it_or_deleted_it():
    stage = Stage(turn_detection=DETECTION)
    assert truncated(stage, heard=0.4)
    stage.forget()
    stage.responding.interrupt(None)
    assert stage.frames("conversation.item.truncated") == []
    for request in (stage.conversation.truncate, stage.conversation.delete):
        response = stage.begin(Plain("A long story."))
        stage.speak(response)
        while stage.responding.active(response.id):
            stage.responding.waited(response.id)
        (item,) = (frame["item"] for frame in stage.frames("response.output_item.done"))
        stage.now += 0.1
        request({"item_id": item["id"], "audio_end_ms": 700})
        stage.forget()
        stage.responding.interrupt(None)
        assert stage.frames("conversation.item.truncated") == []
        stage.forget()


def test_cut_reply_keeps_its_cut_where_it_was_still_under_way():
    stage = Stage(turn_detection=DETECTION)
    response = stage.begin(Plain("A long story."))
    stage.speak(response, 3)
    stage.now += 0.05
    stage.responding.interrupt(None)
    (frame,) = stage.frames("conversation.item.truncated")
    assert frame["audio_end_ms"] == 50
    item = stage.conversation.history.get(frame["item_id"])
    assert item.shown["status"] == "incomplete"
    assert item.shown["content"] == [{"type": "audio", "transcript": ""}]


# -- any order --------------------------------------------------------------------------------------------------------

BEGINNINGS = {
    "say": Plain("Once upon. A time."), "ask": ASKED, "write": Plain("Once."), "call": (LAMP,), "book": (BOOK, LAMP)
}  # fmt: skip
STEPS = st.lists(
    st.sampled_from(
        ["say", "ask", "ask", "write", "call", "book", "part", "part", "rest", "wait", "wait", "more", "more", "calls",
         "last", "found", "fail", "cancel", "interrupt", "late", "time"]
    ), min_size=12, max_size=40,
)  # fmt: skip
DRAIN = ["last", *["rest", "wait"] * 10, *["wait"] * 300, "found"]
"""Ends whatever is under way, without saying more than that it may."""


class Course(Stage):
    """Responses one after the other, and whatever happens to them; work is done that was asked for, late or never."""

    def __init__(self, *, calls_first):
        super().__init__(calls_first=calls_first, turn_detection=DETECTION)
        self.begun = []
        self.spoken = {}

    def step(self, kind):
        response = self.responding.response
        if response is None and kind in BEGINNINGS:
            self.begun.append(response := self.new(modalities=["text"] if kind == "write" else None))
            self.responding.begin(response)
            self.responding.answer(response, BEGINNINGS[kind])
        match kind:
            case "part" | "rest" if response is not None and self.unspoken(response):
                whole = kind == "rest"
                self.spoken.setdefault(response.id, []).append((SECOND, whole))
                self.responding.synthesised(response.id, SECOND, None if whole else "Once", last=whole)
            case "late":
                for over in (each.id for each in self.begun if each is not response):
                    self.responding.waited(over)
                    self.responding.synthesised(over, SECOND)
                    self.responding.replied(over, Plain("Late."))
                    self.responding.speech_failed(over, "late")
            case "found":
                for made in self.told(CallRemoteTool):
                    self.remote.called(made.item_id, "Found.", None)
            case "interrupt":
                self.responding.interrupt(None)
            case "time":
                self.now += 1
        if response is not None:
            self.go_on(kind, response)

    def go_on(self, kind, response):
        match kind:
            case "wait":
                self.responding.waited(response.id)
            case "more" | "last":
                self.responding.replied(response.id, Plain("And then?"), last=kind == "last")
            case "calls":
                self.responding.replied(response.id, (BOOK, LAMP))
            case "fail":
                self.responding.speech_failed(response.id, "no voice")
            case "cancel" if self.responding.response is response:
                self.responding.cancel(response)

    def unspoken(self, response):
        """Whether the voice is at work for it: for one sentence at a time."""
        asked = sum(output.response_id == response.id for output in self.told(Synthesise))
        left = asked - sum(whole for _, whole in self.spoken.get(response.id, []))
        assert left in (0, 1)
        return left


@given(STEPS, st.booleans())
def test_in_any_order_responses_begin_and_end_once_one_at_a_time_and_tell_nothing_outside(steps, calls_first):
    course = Course(calls_first=calls_first)
    for kind in [*steps, *DRAIN]:
        course.step(kind)
    assert course.responding.response is None, "with all work done it comes to its end"
    active, seen, added = None, [], []
    inside = ("response.audio", "response.text", "response.function_call", "response.content_part")
    for frame in course.frames():
        match frame:
            case {"type": "response.created", "response": {"id": response_id}}:
                assert active is None
                active, added = response_id, []
                seen.append(response_id)
            case {"type": "response.done", "response": response}:
                assert response["id"] == active
                assert [item["id"] for item in response["output"]] == added
                assert "in_progress" not in [item.get("status") for item in response["output"]]
                active = None
            case {"type": "response.output_item.added", "response_id": response_id, "item": item}:
                assert response_id == active
                added.append(item["id"])
            case {"type": type_, "response_id": response_id} if type_.startswith(inside):
                assert response_id == active
                assert frame["item_id"] in added
    assert active is None
    assert seen == [response.id for response in course.begun]
    assert course.ended >= len(seen)


@given(STEPS)
def test_in_any_order_the_sound_that_is_sent_is_what_was_spoken_and_no_faster_than_allowed(steps):
    course = Course(calls_first=False)
    for kind in steps:
        course.step(kind)
    for response in course.begun:
        frames = course.frames("response.audio.delta")
        pieces = [base64.b64decode(frame["delta"]) for frame in frames if frame["response_id"] == response.id]
        waits = [output.seconds for output in course.told(Wait) if output.response_id == response.id]
        assert b"".join(sound for sound, _ in course.spoken.get(response.id, [])).startswith(b"".join(pieces))
        # after each piece that has others behind it, and for none of the two after the user spoke
        assert len(pieces) - 3 <= len(waits) <= len(pieces)
        assert waits == pytest.approx([len(piece) / 48_000 / 5 for piece in pieces[: len(waits)]])
        assert len(waits) <= steps.count("wait") + 1
