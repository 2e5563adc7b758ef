import pytest

from voiced.config.loading import ConfigurationError, load


@pytest.fixture
def told(tmp_path):
    """What is wrong with a configuration, each as its key and the sentence."""

    def check(text):
        path = tmp_path / "voiced.yaml"
        path.write_text(text)
        try:
            load(path, environment={})
        except ConfigurationError as error:
            return [problem.partition(": ")[2].replace(str(path), "FILE") for problem in error.problems]
        return []

    return check


def test_pin_of_a_light_is_no_tools(told):
    (problem,) = told("""\
lights: {driver: rgb, pins: {red: 17, green: 27, blue: 22}}
tools:
  - {name: relay, description: A relay., gpio: {output: 27, do: on}}
""")
    assert problem == "tools[0].gpio.output: GPIO 27 is a light's, at FILE:1:39"


def test_pin_of_spi_is_no_tools_where_a_chain_of_lights_hangs_on_it(told):
    (problem,) = told("""\
lights: {driver: ws2812, count: 12}
tools:
  - {name: relay, description: A relay., gpio: {output: 10, do: on}}
  - {name: other, description: Another., gpio: {output: 7, do: on}}
""")
    assert problem == "tools[0].gpio.output: GPIO 10 is SPI's, on which the lights are, at FILE:1:10"


def test_pin_of_a_button_is_nothing_elses(told):
    assert told("""\
lights: {driver: led, pins: {led: 17}}
buttons:
  talk: 17
  mute: {switch: true, pin: 5}
  volume_up: 5
tools:
  - {name: bell, description: A bell., gpio: {input: 5}}
""") == [
        "buttons.talk: GPIO 17 is a light's, at FILE:1:30",
        "buttons.volume_up: GPIO 5 is a button's, at FILE:4:24",
        "tools[0].gpio.input: GPIO 5 is a button's, at FILE:4:24",
    ]


def test_lights_that_are_off_keep_no_pin(told):
    assert (
        told("""\
lights: {driver: none, pins: {led: 27}}
tools:
  - {name: relay, description: A relay., gpio: {output: 27, do: on}}
""")
        == []
    )


def test_two_tools_must_agree_in_their_pin(told):
    tools = """\
tools:
  - {name: a, description: A., gpio: {output: 5, do: on}}
  - {name: b, description: B., gpio: {output: 5, do: off}}
  - {name: c, description: C., gpio: {output: 5, do: off, active_high: false}}
  - {name: d, description: D., gpio: {input: 5}}
"""
    assert [problem.split(": ")[0] for problem in told(tools)] == ["tools[2].gpio.output", "tools[3].gpio.input"]


def test_message_needs_a_broker(told):
    tools = "tools: [{name: a, description: A., mqtt: {topic: a}}]\n"
    (problem,) = told(tools)
    assert problem == "tools[0].mqtt: there is no broker: give `mqtt: {host: …}` in voiced.yaml"
    assert told(f"{tools}mqtt: {{host: localhost}}\n") == []


def test_scene_is_looked_at_with_the_tools_it_calls(told):
    tools = """\
tools:
  - {name: night, description: N., scene: {steps: [{call: get_time}, {call: nihgt}, {call: night}]}}
"""
    assert told(tools) == [
        "tools[0].scene.steps[1].call: there is no tool 'nihgt' (did you mean 'night'?)",
        "tools[0].scene.steps[2].call: it would never end: night calls night",
    ]


def test_labels_of_servers_are_each_other_ones(told):
    assert told("""\
voice_live:
  endpoint: https://a.example/
  credential: {api_key: {env: K}}
  mcp_servers: [{label: learn, url: "https://example.com/mcp"}]
mcp_servers:
  - {label: learn, command: [a]}
  - {label: files, command: [a]}
  - {label: files, url: "http://nas.local/mcp"}
""") == [
        "mcp_servers[0].label: the MCP server 'learn' is there already, at FILE:4:18",
        "mcp_servers[2].label: the MCP server 'files' is there already, at FILE:7:6",
    ]


def test_names_of_a_local_servers_tools_are_not_known_before_it_runs(told):
    text = """\
personas: {default: {tools: [read_file]}}
tools:
  - {name: night, description: N., scene: {steps: [{call: read_file}]}}
"""
    assert len(told(text)) == 2
    assert told(f"{text}mcp_servers: [{{label: files, command: [a]}}]\n") == []


def test_home_assistant_tool_needs_a_house(told):
    tools = "tools: [{name: a, description: A., home_assistant: {state: light.a}}]\n"
    (problem,) = told(tools)
    assert problem == ("tools[0].home_assistant: there is no house: give `home_assistant: {url: …}` in voiced.yaml")
    assert told(f"{tools}home_assistant: {{url: 'http://ha.local', token: {{env: HA_TOKEN}}}}\n") == []


def test_tools_of_the_house_are_known_where_it_is_exposed(told):
    scene = """\
tools: [{name: night, description: Night., scene: {steps: [{call: ha_turn, with: {to: off}}]}}]
personas: {default: {tools: [ha_state]}}
"""
    house = "home_assistant: {url: 'http://ha.local', token: {env: HA_TOKEN}%s}\n"
    assert len(told(scene + house % "")) == 2
    assert told(scene + house % ", expose: {assist: true}") == []
