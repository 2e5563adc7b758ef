import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.voicelive.usage import FIELDS, KINDS, Usage, tokens_of

counts = st.integers(0, 10**9)
usages = st.builds(Usage, **dict.fromkeys(KINDS, counts), seconds=st.floats(0, 10**6))
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-100, 10**6) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["audio_tokens", "cached_tokens", "x"]), inner),
)


def done(**usage):
    return {"type": "response.done", "response": {"id": "r", "usage": usage}}


def test_cached_tokens_are_counted_apart_and_once():
    details = {"cached_tokens": 64, "text_tokens": 119, "audio_tokens": 13}
    details["cached_tokens_details"] = {"text_tokens": 60, "audio_tokens": 4}
    frame = done(
        total_tokens=253,
        input_tokens=132,
        output_tokens=121,
        input_token_details=details,
        output_token_details={"text_tokens": 30, "audio_tokens": 91},
    )
    found = tokens_of(frame)
    assert found == Usage(59, 9, 60, 4, 30, 91)
    assert found.tokens == 253


def test_tokens_without_details_count_as_text():
    assert tokens_of(done(input_tokens=7, output_tokens=3)) == Usage(input_text=7, output_text=3)


def test_image_and_reasoning_count_as_text():
    frame = done(
        input_tokens=10,
        output_tokens=9,
        input_token_details={"text_tokens": 2, "image_tokens": 8},
        output_token_details={"text_tokens": 1, "reasoning_tokens": 8},
    )
    assert tokens_of(frame) == Usage(input_text=10, output_text=9)


@pytest.mark.parametrize(
    "frame", [{}, {"type": "response.created"}, {"type": "response.done"}, done(), done(input_tokens=0)]
)
def test_frame_that_counts_nothing_is_none(frame):
    assert tokens_of(frame) is None


@given(st.dictionaries(st.sampled_from(["input_tokens", "output_tokens", "input_token_details"]), anything) | anything)
def test_damaged_usage_never_raises_and_never_counts_negative(usage):
    found = tokens_of({"type": "response.done", "response": {"usage": usage}})
    assert found is None or all(getattr(found, name) >= 0 for name in KINDS)


@given(usages)
def test_usage_survives_being_written(usage):
    assert Usage.read(json.loads(json.dumps(dataclasses.asdict(usage)))) == usage


@pytest.mark.parametrize(
    "written",
    [None, [], 5, {"rubbish": 1}, {"input_text": -1}, {"input_text": 1.5}, {"input_text": True}, {"seconds": "1"},
     {"seconds": float("inf")}, {"seconds": float("nan")}],
)  # fmt: skip
def test_usage_that_is_none_is_refused(written):
    with pytest.raises(ValueError, match=r"can't be|no usage"):
        Usage.read(written)


@given(usages, usages)
def test_sum_adds_every_field(one, other):
    both = one + other
    assert [getattr(both, name) for name in FIELDS] == [getattr(one, name) + getattr(other, name) for name in FIELDS]
