"""`voiced config`: what holds, what could be set, and the schema of it for editors."""

import argparse

from voiced.cli.common import EX_CONFIG, EX_OK, add_config, load_or_explain


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `voiced config`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("show", help="the configuration that holds, defaults included, secrets hidden")
    show.add_argument("--changed", action="store_true", help="only what the files set")
    add_config(show)
    actions.add_parser("sample", help="every key with its default and its meaning, commented out")
    actions.add_parser("schema", help="JSON Schema, for editors that complete and check YAML")


def execute(options: argparse.Namespace) -> int:
    """Print it; nothing is changed."""
    from voiced.config.sample import json_schema, sample  # noqa: PLC0415 (not for who only shows)

    match options.action:
        case "sample":
            print(sample(), end="")
        case "schema":
            print(json_schema(), end="")
        case _:
            from voiced.config.effective import effective  # noqa: PLC0415 (likewise)

            settings = load_or_explain(options.config)
            if settings is None:
                return EX_CONFIG
            print(effective(settings, changed=options.changed), end="")
    return EX_OK
