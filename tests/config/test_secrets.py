import pytest

from voiced.config.secrets import SecretError, resolve
from voiced.settings import SecretReference


def test_credential_comes_from_systemds_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "azure-key").write_text("s3cret\n")
    assert resolve(SecretReference(credential="azure-key")) == "s3cret"


def test_credential_without_systemd_says_what_to_add_to_the_unit(monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(SecretError, match="LoadCredential=azure-key"):
        resolve(SecretReference(credential="azure-key"))


def test_file_that_others_may_read_is_refused_with_the_fix(tmp_path):
    path = tmp_path / "key"
    path.write_text("s3cret")
    path.chmod(0o644)
    with pytest.raises(SecretError, match="chmod 600"):
        resolve(SecretReference(file=path))
    path.chmod(0o600)
    assert resolve(SecretReference(file=path)) == "s3cret"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe"])
def test_file_without_a_usable_secret_is_refused(tmp_path, content):
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(SecretError, match="key"):
        resolve(SecretReference(file=path))


def test_environment_variable_that_is_not_set_is_named(monkeypatch):
    monkeypatch.delenv("VOICED_KEY", raising=False)
    with pytest.raises(SecretError, match="VOICED_KEY"):
        resolve(SecretReference(env="VOICED_KEY"))
    monkeypatch.setenv("VOICED_KEY", "s3cret")
    assert resolve(SecretReference(env="VOICED_KEY")) == "s3cret"
