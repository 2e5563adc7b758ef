"""Text as it is said: words without punctuation or digits."""

import re

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_TOKEN = re.compile(r"\d+|[^\W\d_]+(?:'[^\W\d_]+)*|%")
_CLOCK = re.compile(r"\b(\d{1,2}):(\d\d)\b")
_PART_OF_DAY = re.compile(r"(?<=\d)\s?([ap])\.?m\b\.?")
LARGEST_NUMBER = 1000
"""The largest whole number `number_words` spells."""


def number_words(number: int) -> list[str]:
    """The words of a whole number from -1000 to 1000, e.g. ["twenty", "five"]; `ValueError` beyond."""
    if number < 0:
        return ["minus", *number_words(-number)]
    if number > LARGEST_NUMBER:
        raise ValueError(f"{number} is beyond the {LARGEST_NUMBER} that can be spelled")
    if number < len(_ONES):
        return [_ONES[number]]
    if number < 100:
        tens, ones = divmod(number, 10)
        return [_TENS[tens - 2], *([_ONES[ones]] if ones else [])]
    if number == LARGEST_NUMBER:
        return ["one", "thousand"]
    hundreds, rest = divmod(number, 100)
    return [_ONES[hundreds], "hundred", *(number_words(rest) if rest else [])]


def spoken_words(text: str) -> list[str]:
    """The lower-case words a person says for a text: "Living_Room 2" gives ["living", "room", "two"].

    Times as 6:30 or 7am and the sign % are read as well.
    """
    words: list[str] = []
    text = _PART_OF_DAY.sub(r" \1 m", text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").lower())
    for piece in _TOKEN.findall(_CLOCK.sub(_clock_words, text)):
        if piece == "%":
            words.append("percent")
        elif not piece.isdecimal():
            words += [piece] if piece.replace("'", "").isalpha() else []
        elif int(piece) <= LARGEST_NUMBER:
            words.extend(number_words(int(piece)))
        else:  # as a telephone number is read
            words.extend(_ONES[int(digit)] for digit in piece)
    return words


def _clock_words(clock: re.Match[str]) -> str:
    hour, minute = clock[1], int(clock[2])
    if not minute:
        return f"{hour} o'clock"
    return f"{hour} oh {minute}" if minute < 10 else f"{hour} {minute}"
