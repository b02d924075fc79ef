"""Numbers that a text writes in words or with blanks, dots and units, as digits."""

import re

_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_VALUE = {word: k for k, word in enumerate(_UNITS.split())} | {w: 10 * k for k, w in enumerate(_TENS.split(), 2)}
_FACTOR = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_ANY = "|".join(sorted((*_VALUE, *_FACTOR), key=len, reverse=True))
_LARGE = "|".join((*_FACTOR, *_TENS.split(), *_UNITS.split()[10:]))
# Words of at least ten: `one`, `two` are read where they count layers.
_IN_WORDS = re.compile(
    rf"\b(?:a )?(?=(?:(?:{_ANY}|and)[ -]){{0,9}}(?:{_LARGE})\b)(?:{_ANY})(?:(?: and |[ -])(?:{_ANY}))*\b", re.IGNORECASE
)
_TIMES = re.compile(r"(?<![\d.,])(\d+(?:\.\d+)?) (hundred|thousand|million|billion)\b", re.IGNORECASE)
_COUNTED = "steps|updates|iterations|iters|epochs|examples|samples|images|pairs|points|param(?:eter)?s|units|neurons"
_SMALL_SHARE = re.compile(
    r"\b(one|two|three|four|five|six|seven|eight|nine)(?= (?:percent|per cent|pct)\b)", re.IGNORECASE
)
_FURTHER = rf"(?:(?:train(?:ing)?|trainable|total|hidden|gradient|optimi[sz](?:er|ation)) )?(?:{_COUNTED})\b"
_PARTS = {
    "half": 2,
    "halves": 2,
    "third": 3,
    "quarter": 4,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "eighth": 8,
    "tenth": 10,
    "hundredth": 100,
    "thousandth": 1000,
}
_FRACTION = re.compile(
    rf"\b(an?|one|two|three|four|five|seven)[ -]({'|'.join(_PARTS)})s?(?= of\b|\s*$|(?<=dth)\s*[,;.)]|(?<=nth)\s*[,;.)])",
    re.IGNORECASE,
)
_POWER_IN_WORDS = re.compile(
    rf"(?:(?<![\d.,])(?P<times>\d+(?:\.\d+)?|{_UNITS.replace(' ', '|')}) times )?\bten to the (?:power (?:of )?)?(?P<sign>minus |negative )?(?P<power>{_UNITS.replace(' ', '|')}|\d+)\b",
    re.IGNORECASE,
)
_SIGNS = tuple(
    (re.compile(pattern, re.IGNORECASE), sign)
    for pattern, sign in {
        r"(?<=\d)[ _'\u00a0\u202f](?=000(?!\d))": "",  # `50 000`; nobody writes 000 alone
        r"(?<=\d)_(?=\d{3}(?!\d))": "",
        # `2 400 points`, but for `wd 1 500 steps`
        rf"\b((?:of|on|for|all|the|has|are|with|only|uses|over|from) [1-9]\d{{0,2}}) (\d{{3}})(?= {_FURTHER})": r"\1\2",
        r"(?<=\d) (?=e-\d)": "",
        rf"(?<=\d) (?=[km] {_FURTHER})": "",
        # A comma or dot of other languages: `1,5k`, and `10.000 steps`, which are whole.
        r"(?<![\d.,])(\d+),(?=\d\d?[km]\b)": r"\1.",
        rf"(?<![\d.,])([1-9]\d{{0,2}})\.(?=\d{{3}} {_FURTHER})": r"\1",
        rf"(?<![\d.,])([1-9]\d{{0,2}})\.(\d{{3}})\.(?=\d{{3}} {_FURTHER})": r"\1\2",
        # What is about a number is it.
        r"\b(?:about|roughly|approximately|approx\.?|circa|ca\.|nearly|almost|around(?! [\d.,e]+[km]? (?:\w+ )?(?:steps|epochs|updates|iterations)))"
        r" (?=~?\.?\d)": "",
        r"(?<=\d)[ -]?ish\b": "",
    }.items()
)


def in_digits(text: str) -> str:
    """Return a text with its numbers in digits.

    >>> in_digits("three hundred and twelve of 50 000 pairs"), in_digits("two thirds"), in_digits("1.2 million weights")
    ('312 of 50000 pairs', '2/3', '1200000 weights')
    >>> in_digits("10.000 steps"), in_digits("about 1,5k samples"), in_digits("two layers, lr 1 e-3")
    ('10000 steps', '1.5k samples', 'two layers, lr 1e-3')
    >>> in_digits("three times ten to the minus four")
    '3e-4'
    """
    for pattern, sign in _SIGNS:
        text = pattern.sub(sign, text)
    text = _POWER_IN_WORDS.sub(_power, text)
    text = _SMALL_SHARE.sub(lambda found: str(_VALUE[found[1].lower()]), text)
    text = _TIMES.sub(lambda found: f"{float(found[1]) * _FACTOR[found[2].lower()]:.15g}", text)
    text = _IN_WORDS.sub(_number, text)
    return _FRACTION.sub(_fraction, text)


def _number(found: re.Match[str]) -> str:
    whole, part = 0, 0
    for word in re.findall(_ANY, found[0].lower()):
        if word in _VALUE:
            part += _VALUE[word]
        elif word == "hundred":
            part = (part or 1) * 100
        else:
            whole, part = whole + (part or 1) * _FACTOR[word], 0
    return str(whole + part)


def _power(found: re.Match[str]) -> str:
    times, power = (_VALUE.get(word.lower(), word) for word in (found["times"] or "1", found["power"]))
    return f"{times}e{'-' if found['sign'] else ''}{power}"


def _fraction(found: re.Match[str]) -> str:
    above = _VALUE.get(found[1].lower(), 1)
    return f"{above}/{_PARTS[found[2].lower()]}"
