import tracemalloc
from itertools import count

import pytest

from voiced.tools.sandbox import CHARACTERS, SECONDS, ExceededError, Sandbox, bounded
from voiced.tools.templates import Body, RenderError, Text, Url

ENDLESS = [
    "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "{% for i in range(9999) %}{{ 'ten letters' }}{% endfor %}",
    "{% set n = namespace(x='ab') %}{% for i in range(50) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "{% set n = namespace(x='ab') %}{% for i in range(50) %}{% set n.x = n.x.replace('a', n.x) %}{% endfor %}",
    "{% macro a(n) %}{{ a(n) }}{{ a(n) }}{% endmacro %}{{ a(1) }}",
    "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
]
HUGE = [
    "{{ 'a' * 10**9 }}",
    "{{ [1] * 10**9 }}",
    "{{ 9**9**9 }}",
    "{{ 'x' | center(10**9) }}",
    "{{ 'x'.ljust(10**9) }}",
    "{{ '%1000000000d' | format(1) }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '{:>1000000000}'.format(1) }}",
    "{{ '{:>{}}'.format(1, 10**9) }}",
    "{{ range(100000) | list | join('aaaaaaaaaa') }}",
    "{{ (1, 2) | slice(10**9) | list }}",
]


@pytest.mark.parametrize("source", [*ENDLESS, *HUGE])
def test_a_template_that_loops_or_grows_is_a_fault(source: str) -> None:
    with pytest.raises(RenderError):
        Text(source).render({})


@pytest.mark.parametrize(
    "source",
    [
        "{{ ('b' * 20000) | replace('b', 'c' * 20000) }}",
        "{{ ('b' * 20000).replace('b', 'c' * 20000) }}",
        "{{ range(9999) | list | join('x' * 20000) }}",
        "{{ ('x' * 20000).join(range(9999) | map('string')) }}",
        "{{ range(9999) | map('replace', '', '') | join('x' * 20000) }}",
        "{{ [x] | map('replace', 'a', x) | join }}",
        "{{ ([x] * 5000) | join }}",
        "{{ ('a\n' * 20000) | indent(20000) }}",
        "{{ ('\t' * 20000).expandtabs(20000) }}",
        "{{ ('a' * 20000).translate({97: 'b' * 20000}) }}",
        "{{ ('a ' * 20000) | wordwrap(1, wrapstring='x' * 20000) }}",
    ],
)
def test_what_grows_in_one_step_is_not_even_made(source: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(RenderError):
            Text(source).render({"x": "a" * 20_000})
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 64_000_000


@pytest.mark.parametrize("source", HUGE)
@pytest.mark.parametrize("kind", [Url, Body])
def test_a_body_and_an_address_are_bounded_alike(kind: type[Url | Body], source: str) -> None:
    with pytest.raises(RenderError):
        kind(source).render({})


@pytest.mark.parametrize(
    ("source", "rendered"),
    [
        ("{% for i in range(3) %}{{ loop.index }}/{{ loop.length }} {% endfor %}", "1/3 2/3 3/3 "),
        ("{% for k, v in {'a': 1}.items() %}{{ k }}={{ v }}{% endfor %}", "a=1"),
        ("{{ '%.1f' | format(21.25) }} {{ '{:>5}'.format(1) }}", "21.2     1"),
        ("{{ '{}'.format(1700000000) }} {{ 'http://x:8080'.upper() }}", "1700000000 HTTP://X:8080"),
        ("{{ 2 ** 10 }} {{ 7 % 4 }} {{ 'a' ~ 1 }} {{ 'a' * 3 }}", "1024 3 a1 aaa"),
        ("{{ 'a b' | replace(' ', '') | center(4) }}", " ab "),
    ],
)
def test_an_ordinary_template_is_rendered(source: str, rendered: str) -> None:
    assert Text(source).render({}) == rendered


def test_a_rendering_that_takes_its_time_ends() -> None:
    sandbox = Sandbox(lambda value: value)
    template = sandbox.from_string(sandbox.bounds("{% for i in range(9) %}{% endfor %}"))
    ticks = count()
    with pytest.raises(ExceededError, match="longer than"):
        bounded(template.render, lambda: next(ticks) * SECONDS / 2)


def test_each_rendering_has_its_own_budget() -> None:
    template = Text("{{ 'a' * 60000 }}")
    assert [len(template.render({})) for _ in range(3)] == [60_000] * 3
    assert CHARACTERS < 2 * 60_000
