"""What the settings of every action are made of."""

from collections.abc import Iterator, Mapping

from voiced.settings import Settings
from voiced.tools import templates
from voiced.tools.parameters import ParameterSettings


class ActionSettings(Settings):
    """What a tool does. Its strings are Jinja2 templates over the parameters where `templates` names them."""

    def templates(self) -> Iterator[tuple[str, str]]:
        """Every template with the key that holds it."""
        yield from ()

    def addresses(self) -> Iterator[tuple[str, str, int]]:
        """Each host and port that it talks to whatever it is called with, with the key that names it."""
        yield from ()

    def problems(self, parameters: Mapping[str, ParameterSettings]) -> list[str]:
        """What is wrong with this action in a tool with these parameters, one sentence each, beginning with its key."""
        return [
            f"{key}: {problem}"
            for key, source in self.templates()
            for problem in templates.problems(source, parameters)
        ]
