from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from voiced.tools.expressions import json, text
from voiced.tools.templates import Body, RenderError, Text, Url, attributes_of, problems, surrounded

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(JSON)
def test_a_whole_value_template_gives_the_value_itself(value: Any) -> None:
    rendered = Body({"a": "{{ value }}"}).render({"value": value})
    assert rendered == {"a": value}
    assert isinstance(rendered, dict)
    assert type(rendered["a"]) is type(value)


@pytest.mark.parametrize(
    ("source", "rendered"),
    [
        ("{{ n }}", 5),
        ("{{n}}", 5),
        ("{{- n -}}", 5),
        ("{{ -n }}", -5),
        ("{{-n}}", 5),  # Jinja reads this minus as whitespace control
        ("{{ n }}\n", 5),
        ("{{ n * 2 }}", 10),
        ("{{ n > 3 }}", True),
        ("{{ [n, none] }}", [5, None]),
        ("{{ word }}", "5"),
        ("{{ '{{' }}", "{{"),
        ("{{ n }} ", "5 "),
        ("{{ n }}{{ n }}", "55"),
        ("{# note #}{{ n }}", "5"),
        ("{% if n %}{{ n }}{% endif %}", "5"),
        ("n", "n"),
        ("", ""),
    ],
)
def test_only_a_template_that_is_one_expression_keeps_its_type(source: str, rendered: object) -> None:
    result = Body(source).render({"n": 5, "word": "5"})
    assert result == rendered
    assert type(result) is type(rendered)


@given(st.text())
def test_a_value_in_a_url_stays_one_segment_and_one_query_value(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        with pytest.raises(RenderError):
            Url("http://h/{{ v }}").render({"v": value})
        return
    rendered = Url("http://h/a-{{ v }}?q={{ v }}&r=1").render({"v": value})
    url = URL(rendered)
    assert (url.host, url.fragment) == ("h", "")
    assert dict(url.query) == {"q": value, "r": "1"}
    assert unquote(url.raw_path) == f"/a-{value}"
    assert url.raw_path.count("/") == 1


def test_an_owners_urlencode_does_not_encode_twice() -> None:
    assert Url("http://h/{{ v | urlencode }}").render({"v": "a b"}) == "http://h/a%20b"


def test_what_the_owner_wrote_in_a_url_is_left_alone() -> None:
    assert Url("http://h/a?b=c&d={{ v }}").render({"v": True}) == "http://h/a?b=c&d=true"


def test_text_writes_values_as_devices_read_them() -> None:
    assert Text("{{ a }} {{ b }} {{ c }} {{ d }}").render({"a": True, "b": None, "c": 1.5, "d": "x"}) == "true  1.5 x"


def test_a_value_is_never_read_as_a_template() -> None:
    assert Text("{{ v }}").render({"v": "{{ 7 * 7 }}"}) == "{{ 7 * 7 }}"
    assert Body("{{ v }}").render({"v": "{{ 7 * 7 }}"}) == "{{ 7 * 7 }}"


@pytest.mark.parametrize("source", ["{{ missing }}", "{{ ''.__class__.__mro__ }}", "{{ [].append(1) }}", "{{ 1 / 0 }}"])
@pytest.mark.parametrize("kind", [Text, Url, Body])
def test_an_undefined_unsafe_or_failing_expression_is_a_fault(kind: type[Text | Body], source: str) -> None:
    with pytest.raises(RenderError):
        kind(source).render({})


def test_problems_name_the_unknown_and_suggest_the_nearest() -> None:
    assert problems("{{ rooom }} {% set x = 1 %}{{ x }}{{ range(2) }}", ["room"]) == [
        "unknown parameter 'rooom' (did you mean 'room'?)"
    ]
    assert problems("{{ room }}", ["room"]) == []


@given(st.text(alphabet="{}%#|ab (\"'"))
def test_any_text_is_accepted_or_explained(source: str) -> None:
    if not problems(source, ["a", "b", "ab"]):
        text(source, url=False)
        text(source, url=True)
        json(source)


def test_what_is_around_a_call_can_be_named_and_a_parameter_goes_before_it() -> None:
    template = Text("{{ speaker.name }}{{ now }}")
    with surrounded({"speaker": {"name": "Hall"}, "now": "noon"}):
        assert template.render({}) == "Hallnoon"
        assert template.render({"now": "later"}) == "Halllater"
        assert Body("{{ speaker }}").render({}) == {"name": "Hall"}
    with pytest.raises(RenderError):
        template.render({})


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("{{ speaker.nmae }}", "speaker has no 'nmae' (did you mean 'name'?)"),
        ("{{ spekaer.name }}", "unknown parameter 'spekaer' (did you mean 'speaker'?)"),
        ("{{ speaker['name'] }} {{ now.hour }} {{ secret.any }}", None),
    ],
)
def test_what_is_around_a_call_is_known_beforehand(source: str, problem: str | None) -> None:
    assert problems(source, ["room"]) == ([] if problem is None else [problem])


def test_what_is_taken_of_a_name_is_found_in_either_way_of_writing() -> None:
    source = "{{ secret.a }}{% if secret['b'] %}{{ other.c }}{{ secret.d | upper }}{% endif %}"
    assert attributes_of("secret", source) == {"a", "b", "d"}


@given(st.text(alphabet="ab \n\r#%{}"))
def test_a_template_without_signs_is_written_as_jinja_writes_it(source: str) -> None:
    if problems(source, ["a", "b", "ab"]):
        return
    values = {"a": "1", "b": "2", "ab": "3"}
    assert Text(source).render(values) == text(source, url=False)(values)
