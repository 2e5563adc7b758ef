from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from voiced.tools.secrecy import MASK, Kept

SECRETS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=4).filter(
    lambda text: text.strip(".") == text
)


@given(SECRETS)
def test_a_secret_is_hidden_however_an_address_carries_it(secret: str) -> None:
    kept = Kept()
    kept.note(secret)
    sent = URL(f"http://lamp/x/{quote(secret, safe='')}?key={quote(secret, safe='')}")
    assert kept.masked(sent.raw_path) == f"/x/{MASK}"
    assert kept.masked(sent.raw_query_string) == f"key={MASK}"


@pytest.mark.parametrize("echo", ["p!a b&c", "p!a%20b&c", "p!a%20b%26c", "p%21a+b%26c", "p%21a%20b%26c"])
def test_a_device_that_quotes_its_request_tells_no_secret(echo: str) -> None:
    kept = Kept()
    kept.note("p!a b&c")
    assert kept.masked(f"no such page: /{echo}") == f"no such page: /{MASK}"


def test_a_call_within_another_keeps_the_secrets_of_both() -> None:
    outer = Kept()
    outer.note("first-secret")
    inner = outer.within()
    inner.note("second-secret")
    assert inner.masked("first-secret second-secret") == f"{MASK} {MASK}"
    assert outer.masked("second-secret") == "second-secret"
