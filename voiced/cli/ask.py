import argparse

from voiced.cli.common import EX_OK, EX_UNAVAILABLE, fail
from voiced.cli.control import NotRunningError, ask
from voiced.cli.texts import TextError, add_text, text_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `voiced ask`."""
    add_text(parser, "what to ask or to have done")
    parser.add_argument("--aloud", action="store_true", help="have the answer heard, too, when nobody converses")


def execute(options: argparse.Namespace) -> int:
    """Print the model's answer."""
    try:
        answer = ask("ask", text=text_of(options), aloud=options.aloud)
    except TextError as error:
        return fail(error.status, str(error))
    except NotRunningError as error:
        return fail(EX_UNAVAILABLE, str(error))
    if "text" in answer:
        print(answer["text"])
    if "error" in answer:
        return fail(EX_UNAVAILABLE, answer["error"])
    return EX_OK
