import socket

from voiced.cli import main

TOOLS = """
tools:
  - {{name: there, description: x, http: {{url: "http://127.0.0.1:{there}/{{{{ now.year }}}}"}}}}
  - {{name: gone, description: x, http: {{url: "http://127.0.0.1:{gone}/"}}}}
  - {{name: nowhere, description: x, http: {{url: "http://lamp.invalid/"}}}}
  - {{name: any, description: x, parameters: {{h: {{enum: [a, b]}}}}, http: {{url: "http://{{{{ h }}}}.invalid/"}}}}
"""


def test_devices_that_are_not_there_are_warnings_with_their_place(tmp_path, capsys):
    config = tmp_path / "voiced.yaml"
    with socket.create_server(("127.0.0.1", 0)) as there, socket.socket() as gone:
        gone.bind(("127.0.0.1", 0))
        config.write_text(TOOLS.format(there=there.getsockname()[1], gone=gone.getsockname()[1]))
        assert main(["check", "--probe", "--config", str(config)]) == 0
    told = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[1] for line in told] == ["tools[1].http.url", "tools[2].http.url"]
    assert told[0].startswith(f"{config}:4:")
    assert "Connect" in told[0]
    assert "lamp.invalid:80 can't be reached: the name is not known" in told[1]
    assert all(line.endswith("(a warning)") for line in told)


def test_nothing_is_probed_unless_it_is_asked_for(tmp_path, capsys):
    config = tmp_path / "voiced.yaml"
    config.write_text('tools: [{name: nowhere, description: x, http: {url: "http://lamp.invalid/"}}]')
    assert main(["check", "--config", str(config)]) == 0
    assert capsys.readouterr().err == ""


def test_house_that_is_not_there_is_a_warning(tmp_path, capsys):
    config = tmp_path / "voiced.yaml"
    with socket.socket() as gone:
        gone.bind(("127.0.0.1", 0))
        port = gone.getsockname()[1]
        config.write_text(f"home_assistant: {{url: 'http://127.0.0.1:{port}', token: {{env: PATH}}}}\n")
        assert main(["check", "--probe", "--config", str(config)]) == 0
    (told,) = capsys.readouterr().err.splitlines()
    assert f"home_assistant.url: 127.0.0.1:{port} can't be reached" in told
