import pytest

from voiced.tools.plain_secrets import is_secret, problems


@pytest.mark.parametrize(
    ("key", "source", "found"),
    [
        ("headers.Authorization", "Bearer abc", True),
        ("headers.Authorization", "{{ secret.token }}", False),
        ("headers.Authorization", "Bearer {{ secret.token }}", False),
        ("headers.Authorization", "Bearer {{ secret.token }}x", True),
        ("headers.X-Api-Key", "abc", True),
        ("headers.Accept", "text/html", False),
        ("form.password", "hunter2", True),
        ("form.password", "{{ pin }}", False),
        ("json.auth.access_token", "abc", True),
        ("json.auth.token", "", False),
        ("json.tokens_left", "5", False),
        ("url", "http://admin:hunter2@lamp/", True),
        ("url", "http://admin:{{ secret.pin }}@lamp/", False),
        ("url", "http://lamp/?token=abc", True),
        ("url", "http://lamp/?token={{ secret.token }}", False),
        ("url", "http://lamp/?state=on", False),
        ("url", "http://[", False),
    ],
)
def test_a_secret_in_clear_is_found_and_a_template_is_not(key: str, source: str, *, found: bool) -> None:
    told = list(problems([(key, source)]))
    assert bool(told) is found
    assert all(problem.startswith(f"{key}: ") and "secret.NAME" in problem for problem in told)
    assert "hunter2" not in str(told)


def test_names_of_secrets_are_known_however_they_are_written() -> None:
    known = ["Authorization", "api_key", "apiKey", "X-API-KEY", "client-secret", "passwd", "Cookie", "passphrase"]
    assert all(map(is_secret, known))
    assert not any(map(is_secret, ["key", "keyboard", "author", "passage", "state", "token_count"]))
