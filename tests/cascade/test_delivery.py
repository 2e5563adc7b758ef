from hypothesis import given, settings
from hypothesis import strategies as st

from voiced.cascade.delivery import Delivery
from voiced.cascade.sound_formats import OUTPUT_FORMATS


def drained(delivery):
    while not delivery.over:
        yield delivery.next()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["One.", "Two words.", "And a few more words."]), st.integers(0, 30_000)),
                min_size=1, max_size=5))  # fmt: skip
def test_all_of_the_text_the_sound_and_the_words_goes_out_once(sentences):
    delivery, text = Delivery(OUTPUT_FORMATS["pcm16"]), " ".join(text for text, _ in sentences)
    delivery.write(text)
    for at, (spoken, samples) in enumerate(sentences):
        delivery.add(spoken, b"\1\0" * samples, last=at == len(sentences) - 1)
    pieces = list(drained(delivery))
    assert "".join(part for piece in pieces for part in piece.texts) == text == delivery.said
    assert sum(len(piece.sound) for piece in pieces) == 2 * sum(samples for _, samples in sentences)
    offsets = [word.offset_ms for piece in pieces for word in piece.words]
    assert offsets == sorted(offsets)
    assert [word.text for piece in pieces for word in piece.words] == " ".join(
        text for text, samples in sentences if samples
    ).split()


def test_what_is_still_to_be_spoken_is_waited_for():
    delivery = Delivery(OUTPUT_FORMATS["pcm16_8000hz"])
    delivery.write("One two three four five six.")
    delivery.add("One two three.", b"\1\0" * 1440, last=False)
    first = delivery.next()
    assert first.texts == ["One", " two", " three", " four"]
    assert not delivery.waiting
    assert not delivery.over
    assert delivery.next().texts == []
    delivery.add("Four five six.", b"\1\0" * 1440, last=True)
    rest = list(drained(delivery))
    assert delivery.said == "One two three four five six."
    assert rest[-1].words[0].offset_ms == 60
    assert len(first.sound) + sum(len(piece.sound) for piece in rest) == 2 * 960
