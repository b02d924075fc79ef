"""Contexts in words, `1L transformer, d_model 128, AdamW lr 1e-3 wd 1`: the parts of a text that say a field, and those that say none."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from training_runs.context_words.assignments import assignments_in
from training_runs.context_words.description_rules import RULES
from training_runs.context_words.fields import is_of_another
from training_runs.context_words.other_runs import without_other_runs
from training_runs.context_words.phrase_meanings import Said, is_known_name, own_name
from training_runs.context_words.phrase_patterns import any_of
from training_runs.context_words.plain_text import plain_text
from training_runs.context_words.values import VOCABULARIES, operation_named, read_word

DESCRIPTIONS = ("description", "summary", "in_words", "setup")  # fields that hold such a text
LONGEST = 3000  # characters of one: a paragraph or two of a paper
_OF_WORDS = ("optimizer", "loss", "architecture", "task_family")
_ENDS = (
    r"(?:[;\n()\[\]{}|]|,(?!(?<=\d,)\d{3}(?!\d)))+|\s[-\u2013\u2014]\s|\.(?:\s|$)|\b(?:with|using|by|via|trained|on)\b"
)
# In a sentence these are as often something else: `linear warmup`, `cosine schedule`, `text`, `dense`.
_UNSURE = {"opt", "decoder", "dense", "linear", "conv", "square", "squared", "quadratic", "softmax", "l1", "l2", "mod"}
_UNSURE |= {"cosine", "logistic", "text", "mixer", "diffusion", "group", "cluster", "modulus", "modulo", "graph", "kl"}
_UNSURE |= {"language", "regression", "sorting", "translation", "speech", "audio", "teacher", "poisson", "focal", "gd"}
_UNSURE |= {"soap", "adan", "prodigy", "contrastive", "triplet", "hinge", "tabular", "s4", "linear_model", "glue", "c4"}
_UNSURE |= {"groups"}
_SURE_OPERATIONS = {"addition", "subtraction", "multiplication", "division", "modadd", "modmul"}
_BY_THE_WAY = """
    a an and the of on in with for by using use used uses trained train training is are to at its it we our from
    network neural net model models arch architecture optimizer optimiser optim loss task data dataset set split
    only each per all samples steps step layer layers rate learning criterion objective function arithmetic modular
    operation lr namespace args config hidden decoder encoder style standard constant default group examples points images pairs labelled
"""
_SAID_BY_THE_WAY = frozenset(_BY_THE_WAY.split())


def parts_of(text: str) -> Iterator[Said]:
    """Yield each part of a text that says a field, as a path that ends in the field's name, and its value.

    What says nothing that is known comes last, with None.

    >>> dict(parts_of("1L transformer, d_model 128, seen twice"))
    {'"d_model 128"/d_model': '128', '"1L"/layers': '1', '"transformer"/architecture': 'transformer', '"seen twice"': None}
    """
    yield from _known_parts(text)


@lru_cache(128)
def _known_parts(text: str) -> tuple[Said, ...]:
    """Return the same, read once of a text that comes again and again: to read a long one takes half a second."""
    return tuple(_parts(text))


def _parts(text: str) -> Iterator[Said]:
    text = in_plain_words(text)
    if (assigned := assignments_in(text)) is not None:
        for name, value in assigned.items():
            own = own_name(name)
            yield f'"{name}={value}"/{"of_another" if is_of_another(own) else own}', value.strip("'\"")
        return
    text, of_others = without_other_runs(text)
    yield from ((f'"{phrase}"/of_another', phrase) for phrase in of_others)
    text = re.sub(r"\b([abxy]) ([-+*/]) ([abxy])\b", r"\1\2\3", text)
    text = _CALL.sub(" ; (", _ATTRIBUTE.sub(" ; ", _SYMBOL.sub("", text)))
    is_modular = (
        re.search(
            r"\bmod(?:ul(?:o|us|ar)\w*|add|mul|sub|div)?(?![a-z])|\)\s?%\s?\d|\bZ[_/]|\bprime\b|\bp\s*=?\s*\d{2}",
            text,
            re.IGNORECASE,
        )
        is not None
    )
    rest = re.sub(r"\d{16,}|\n", " ; ", text)
    if re.search(r"mnist", rest, re.IGNORECASE):
        rest = re.sub(r"\bdigits\b", "samples", rest)
    if re.search(r"transformer", rest, re.IGNORECASE) and not _SEVERAL_NETWORKS.search(rest):
        rest = _PART_OF_TRANSFORMER.sub(" ; ", _WIDTH_OF_PART.sub("d_mlp", rest))
        rest = _DIMENSION.sub("d_model", rest)
    rest = _FEED_FORWARD_WIDTH.sub("d_mlp", _TIMES_A_NAME.sub(_product, rest))
    rest = _CALLED.sub(_without_its_name, _PART_OF_NETWORK.sub(" ; ", rest))
    if re.search(r"(?:adam|lion|muon|rmsprop)", rest, re.IGNORECASE):
        rest = _ANY_DESCENT.sub(" ", rest)
    words = rest.lower()
    for rule in RULES:
        if not rule.may_match(words):
            continue
        found: list[Said] = []
        rest = rule.pattern.sub(_taken(rule.said, found), rest)
        yield from found
    yield from _words(rest, is_modular)


def in_plain_words(text: str) -> str:
    """Return the beginning of a text, as long as one may be, in plain words with single blanks: rules try each blank of a run as their first."""
    return plain_text(re.sub(r"\s*\n\s*", "\n", re.sub(r"[^\S\n]+", " ", text[:LONGEST])))


def _taken(said: Callable[[re.Match[str]], list[Said]], found: list[Said]) -> Callable[[re.Match[str]], str]:
    def take(match: re.Match[str]) -> str:
        parts = said(match)
        if not parts:
            return match[0]
        phrase = " ".join(match[0].split())
        found.extend((f'"{phrase}"/{name}', value) for name, value in parts)
        return " ; "

    return take


def _words(rest: str, is_modular: bool) -> Iterator[Said]:
    """Yield what the words say that stand without a name, then what says nothing."""
    unread: list[str] = []
    for segment in re.split(_ENDS, rest):
        left = re.sub(
            r"^(?:(?:of|the|a|an|and|in|task|operation|is|we|i|consider|study|learn|compute|predict)\s+)+",
            "",
            segment.strip(" .:=\"'-"),
            flags=re.IGNORECASE,
        )
        left = re.sub(r"\s+(?:task|problem|table|in)$", "", left)
        if left and _is_operation(left, is_modular) and read_word("task_family", left).value:
            yield f'"{left}"/task_family', left
            continue
        if (denied := _DENIED.search(left)) is not None:
            unread.append(denied[0])
            left = f"{left[: denied.start()]} ; {left[denied.end() :]}"
        for name in _OF_WORDS:
            yield from ((f'"{phrase}"/{name}', phrase) for phrase in _PHRASES[name].findall(left))
            left = _PHRASES[name].sub(" ; ", left)
        for word in filter(_is_class, re.findall(r"[A-Za-z][\w.-]*[A-Za-z0-9]", left)):
            if (name := next((n for n in _OF_WORDS[:3] if read_word(n, word).value), "")) != "":
                yield f'"{word}"/{name}', word
                left = left.replace(word, " ; ", 1)
        unread += left.split(";")
    for piece in unread:
        words = [
            w
            for w in re.findall(r"\d{1,3}(?:,\d{3})+|[\w.%^*+/=-]*\w[\w.%^*+/=-]*", piece)
            if w.lower().strip(".-") not in _SAID_BY_THE_WAY
        ]
        if words:
            yield f'"{" ".join(words)[:60]}"', None


def _product(found: re.Match[str]) -> str:
    """Return a number times what a name is in the same text, where that is a whole number; else what was found."""
    named = set(re.findall(rf"(?<![\w.]){found['name']}\s*[=:]\s*(\d{{1,9}})(?![\w.])", found.string))
    product = float(found["times"]) * int(named.pop()) ** (2 if found["square"] else 1) if len(named) == 1 else 0.5
    return f"{product:.15g}" if product.is_integer() else found[0]


def _without_its_name(found: re.Match[str]) -> str:
    """Return nothing in place of a name that is no field's, `clf` of `clf = MLPClassifier(...)`: what is called says what it is."""
    is_of_settings = _OF_SETTINGS.match(found.string, found.end()) is not None
    is_said = is_of_another(f"{found['name']}/") or (is_known_name(found["name"]) and not is_of_settings)
    return found[0] if is_said else " "


def _is_class(word: str) -> bool:
    """Return True for the name of a class, `CrossEntropyLoss`, `torch.optim.AdamW`."""
    is_layer = word.rsplit(".", 1)[-1] in ("Linear", "Dense")
    return bool(re.search(r"[a-z][A-Z]|[A-Z]{2}|\.", word)) and not is_layer


def _is_operation(segment: str, is_modular: bool) -> bool:
    """Return True for a part of a sentence that is an operation and nothing else, where the text is of modular arithmetic or the word is sure."""
    if re.search(
        r"\bmod(?:ular|ulo|add|mul)\b|\bmod\b(?=\W*(?:[pnq]\b|\d|$|add|sub|mul|div|arith))", segment, re.IGNORECASE
    ):
        return True
    is_formula = (
        not re.search(r"(?!xy|ab)[A-Za-z]{2}", segment)
        and re.search(r"[A-Za-z]\W*[^\w\s(){}\[\]]|xy|ab", segment) is not None
    )  # `a+b`, not `+`
    is_word = len(segment.split()) == 1 and segment[0].isalpha() and (is_modular or segment.lower() in _SURE_OPERATIONS)
    return operation_named(segment) is not None and (is_formula or is_word)


def _sure(name: str) -> str:
    """Return a pattern of the phrases of a field's vocabulary that are sure in a sentence."""
    return any_of(re.sub(r"(?<=[a-z])(?=\d)", "_", p) for p in VOCABULARIES[name].phrases if p not in _UNSURE)


# The network within each block of a transformer, and what every optimiser is.
_PART_OF_TRANSFORMER = re.compile(
    r"\b(?:in|of|its|the|each|per|whose)\s+(?:the\s+|an?\s+)?(?:mlps?|ffn|feed-?\s?forward)\b(?:\s+(?:layers?|blocks?|network))?"
    r"|\bffn(?=\s+(?:of\s+)?\d+x)|\b(?:relu|gelu|silu|swiglu)[\s-]+mlps?\b"
    r"|(?:\bwith\s+an?|\bwith|\band|,)\s+mlps?\b(?=\s+(?:of|with)\s+(?:width\s+)?\d)",
    re.IGNORECASE,
)
_PART_OF_NETWORK = re.compile(
    r"\b(?:(?:only )?(?:on|in) )?(?:the )?mlp (?:weights|matrices|parameters|ratio)\b|(?<=attention)(?=[^.;]{0,40} (?:in|on) the mlp\b)[^.;]{0,40} (?:in|on) the mlp\b",
    re.IGNORECASE,
)
_SEVERAL_NETWORKS = re.compile(
    r"\b(?:both|two|three|all|these) (?:\w+ )?(?:models|networks|architectures)\b|\bcompar\w+|\b(?:versus|vs|against)\b",
    re.IGNORECASE,
)
# `(fc1): Linear(9, 8)`, as a network prints itself.
_ATTRIBUTE = re.compile(r"\([\w-]+\):(?= [A-Z\d])")
# `n = 512 hidden units`
_SYMBOL = re.compile(
    r"\b[A-Za-z]\s*=\s*(?=\d[\d,]*\s+(?:hidden\s+|train(?:ing)?\s+)?(?:layers|blocks|units|neurons|heads|classes|samples|examples|points|images|patterns|strings)\b)"
)
# `x.sum(`: arithmetic of the code, not what is learnt.
_CALL = re.compile(
    r"\b(?:add|sub|mul|div|sum|plus|minus|multiply|divide|product|prod|difference|mult)\s*\((?=[^()]*\))"
)
_WIDTH_OF_PART = re.compile(
    r"\bmlp(?=\s*[:=]\s*\d)|\b(?:mlp|ffn|feed-?\s?forward)(?:\s+layers?)?\s+(?:hidden(?:\s+(?:dim(?:ension)?|width|size))?|dim(?:ension)?|width|size)\b",
    re.IGNORECASE,
)
_FEED_FORWARD_WIDTH = re.compile(
    r"\b(?:ffn|feed-?\s?forward)(?:\s+layers?)?\s+(?:hidden\s+)?(?:dim(?:ension)?|width|size)\b", re.IGNORECASE
)
# The one that a transformer has: `transformer, dim 128`.
_DIMENSION = re.compile(
    r"(?:(?<=[,;(/|])|(?<=[,;(/|]\s)|(?<=transformer\sof\s)|(?<=\bwith\s))dim(?:ension)?(?=\s*[:=]?\s*\d)",
    re.IGNORECASE,
)
# `d_ff = 4*d_model`
_TIMES_A_NAME = re.compile(
    r"(?<=[=:])\s?(?P<times>\d+(?:\.\d+)?)\s?\*\s?(?P<name>[A-Za-z_]\w*)(?P<square>\s?(?:\*\*|\^)\s?2)?(?![\w.*(^])"
)
_OF_SETTINGS = re.compile(r"(?:\w+\.)*(?:dict|\w*Namespace|\w*Dict|\w*Config)\(")
_CALLED = re.compile(r"(?<![\w./-])(?P<name>[A-Za-z_]\w*)\s*[=:]\s*(?=(?:\w+\.)*[A-Za-z_]\w*\()")
_ANY_DESCENT = re.compile(r"\b(?:stochastic\s+)?gradient\s+descent\b", re.IGNORECASE)
_DENIED = re.compile(
    rf"\b(?:not|never|no|non|instead of|rather than|unlike)\s+(?:(?:an?|the|using)\s+)?(?:{_sure('optimizer')}|{_sure('architecture')}|{_sure('loss')})\b",
    re.IGNORECASE,
)
_SIZE = {"architecture": r"(?:-?\d{2,3})?"}  # `resnet18`
_PHRASES = {
    name: re.compile(rf"(?<![\w-])(?:{_sure(name)}){_SIZE.get(name, '')}(?![\w-])", re.IGNORECASE) for name in _OF_WORDS
}
