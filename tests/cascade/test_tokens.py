import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.cascade.tokens import TokenQuota, cut_to, usage


@pytest.mark.parametrize(
    ("limit", "expected"),
    [("inf", "one two three"), (4, "one two three"), (3, "one two"), (2, "one two"), (1, "one")],
)
def test_a_text_is_cut_at_a_word(limit, expected):
    assert cut_to("one two three", limit) == expected


@given(st.text(alphabet="ab ", max_size=40), st.integers(1, 8))
def test_as_many_whole_words_are_kept_as_fit(text, limit):
    words = text.split(" ")
    while len(words) > 1 and len(" ".join(words)) > limit * 4:
        words.pop()
    assert cut_to(text, limit) == " ".join(words)


def test_usage_adds_up():
    counted = usage(["x" * 40], [], 1.5)
    assert counted["input_tokens"] == 20
    assert counted["output_token_details"]["audio_tokens"] == 30
    assert counted["total_tokens"] == counted["input_tokens"] + counted["output_tokens"]


def test_a_quota_refills_in_a_minute():
    now = 0.0
    quota = TokenQuota(60, lambda: now)
    quota.spend(80)
    assert quota.exhausted
    assert quota.shown()[0]["remaining"] == 0
    assert quota.shown()[0]["reset_seconds"] == 80
    now = 20.0
    assert quota.exhausted
    now = 22.0
    assert not quota.exhausted
    now = 500.0
    assert quota.shown() == [{"name": "tokens", "limit": 60, "remaining": 60, "reset_seconds": 0}]
