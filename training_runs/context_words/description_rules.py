"""What says a field in a sentence beside single words: names with a number, counts of things, sizes of layers."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from training_runs.context_words import phrase_meanings as says
from training_runs.context_words.phrase_meanings import Said
from training_runs.context_words.phrase_patterns import (
    BEHIND,
    BOUND,
    COUNT,
    ENDS,
    FEW,
    FIELDS_OF_OTHERS,
    HELD_OUT,
    IS_NOT_TRAINED_ON,
    LINEAR,
    LIST,
    NAMED,
    NOT_COUNTED,
    NOT_OF_DATA,
    NUMBER,
    OPTIMIZERS,
    OTHERS,
    PARTS,
    RANDOM,
    RATES,
    SAMPLES,
    SHARE,
    SMALL,
    SOME,
    SPANS,
    STEPS,
    SURELY,
    SWITCHED,
    THREE,
    WHOLE,
    WORD,
    WORDS_OF_SPLIT,
    WORDS_OF_THREE,
    any_of,
)


@dataclass(frozen=True, eq=False)
class Rule:
    """A pattern, and what a match of it says; compiled with the first sentence: few trainings have one, and all import this.

    Attributes
    ----------
    needs : parts of words of which a match holds one; a text without them need not be searched.
    """

    source: str
    flags: int
    said: Callable[[re.Match[str]], list[Said]]
    needs: tuple[str, ...] = ()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The pattern, compiled."""
        return re.compile(self.source, self.flags)

    def may_match(self, text: str) -> bool:
        """Return whether a text in lower case holds what a match needs."""
        return not self.needs or any(word in text for word in self.needs)


def _rule(
    pattern: str, said: Callable[[re.Match[str]], list[Said]], flags: int = re.IGNORECASE, needs: str = ""
) -> Rule:
    """Return a rule; in its pattern `<n>` is a number, `<few>` one that may be a word, a blank is blanks or a dash."""
    spaced = (
        pattern.replace(" ?", r"[\s-]*")
        .replace(" ", r"[\s-]+")
        .replace("<n>", rf"({COUNT})(?!\d|\s?%)")
        .replace("<few>", f"({FEW})")
    )
    return Rule(rf"(?<![\w.])(?!(?<=\d,)\d)(?:{spaced})", flags, said, tuple(needs.split()))


# In this order: what a rule takes, no later one sees.
RULES: tuple[Rule, ...] = (
    # A line below its name, as a table is copied; lines are divided by semicolons here.
    _rule(
        rf"(?:(?<=;\x20)|(?<!.))(?P<name>{NAMED})\x20?:?\x20?;\x20(?P<value>{NUMBER})(?=\x20;|\x20?$)", says.assigned
    ),
    _rule(
        rf"(?<![)\]])--?(?P<name>[A-Za-z][\w.-]+)(?:\s*=\s*|[ ]+)(?P<value>{LIST}|'(?:(?!--)[^'\n])*'|\"(?:(?!--)[^\"\n])*\"|[^\s,;'\"-][^\s,;'\"]*|-?\.?\d[^\s,;'\"]*)(?P<more>(?:(?:,|[ ]+)\.?\d[\d.eE+-]*%?(?=[\s,;]|$))*)".replace(
            " ", "\\x20"
        ),
        says.flag,
    ),
    _rule(
        rf"{NOT_COUNTED}(?P<first>{NAMED})(?: and |\s?[,/&]\s?)(?P<second>{NAMED})\s*(?:=|:| of| are) ?(?P<one>{NUMBER})(?:,? and |\s?[,/&]\s?)(?P<two>{NUMBER})(?!\w{NOT_OF_DATA})",
        lambda found: [(found["first"], found["one"]), (found["second"], found["two"])],
    ),
    _rule(
        rf"{NOT_COUNTED}\(?\s*(?P<names>(?:{NAMED})(?:\s*,\s*(?:{NAMED})){{1,9}})\s*\)?\s*=\s*\(?\s*(?P<values>{NUMBER}(?:\s*,\s*{NUMBER})+)\s*\)?(?!\w{NOT_OF_DATA})",
        says.unpacked,
    ),
    _rule(
        r"hidden layers (?:of|with)(?: sizes?| widths?)? (\d+(?:(?:,? and |, ?)\d+)+)",
        lambda found: [("hidden_sizes", str([int(n) for n in re.findall(r"\d+", found[1])]))],
        needs="hidden",
    ),
    _rule(
        r"\d+(?:[-x]\d+)+ (?:channels|filters|kernels|feature maps)\b",
        says.another,
        needs="channels feature filters kernels",
    ),
    # How fast a run is, how long its numbers are, and since when a curve is as it is.
    _rule(
        rf"(?:at |with )?~?{COUNT}\s?(?:[a-z]+\s?(?:/|per )|/)\s?{SPANS}\b(?!\s*[=\d])|{COUNT}\s?(?:ms|{SPANS})\s?(?:/|per |an? )\s?(?:it|iter\w*|steps?|epochs?|batch|update)\b",
        says.nothing,
    ),
    # What takes the place of a value, and what is denied.
    _rule(
        rf"(?:{NAMED})\s*[=:]?\s*{NUMBER}[^.;\n]{{0,30}}? (?:overrid|overwr|replac)\w* (?:it|that|this) (?:with|to|by) (?P<now>{NUMBER})(?!\w)",
        says.replaced,
        needs="overrid overwr replac",
    ),
    _rule(
        rf"(?:{NAMED})\s*[=:]?\s*{NUMBER}[^.;\n]{{0,30}}? (?:I|we) (?:\w+ )?(?:chang|set|rais|lower|bump|increas|decreas|reduc|dropp|went|mov|switch|cut)\w*(?: (?:it|that|this))?(?: up| down| back)? (?:to|at) {NUMBER}(?!\w)",
        says.several,
        needs="chang set rais lower bump increas decreas reduc dropp went mov switch cut",
    ),
    _rule(
        rf"(?:{NAMED})\s*[=:]?\s*{NUMBER} (?:\w+ )?(?:crash|diverg|explod|blew|blow|oom|nans?\b)[^.;\n]{{0,30}}?(?<![\d.]){NUMBER}(?!\w)",
        says.several,
        needs="crash diverg explod blew blow oom nan",
    ),
    _rule(
        rf"(?:{NAMED})(?: (?:is|was) not|(?: is| was)?n't| not) {NUMBER},?(?: but|,? it's|,? it is) (?P<now>{NUMBER})(?!\w)",
        says.replaced,
        needs="n't not",
    ),
    _rule(
        rf"not(?: (?:an?|the|with))? (?:{NAMED})(?: of)?\s*[=:]?\s*{NUMBER}(?=\s*(?:[!,;.)]|$)(?!,? but))",
        says.another,
        needs="not",
    ),
    # What is known of such runs, and stages of one.
    _rule(
        rf"(?:critical|minimal|smallest|lowest|largest|highest) (?:\w+ )?(?:{NAMED})(?: (?:of|is|was|at))?\s*[=:]?\s*{NUMBER}(?!\w)",
        says.another,
        needs="critical minimal smallest lowest largest highest",
    ),
    _rule(
        rf"(?:(?:for )?<n> {STEPS} (?:with|at) )?(?:{RATES})\s*[=:]?\s*{NUMBER},? (?:and )?then (?:\w+ ){{1,4}}(?:with|at|to) (?:(?:{RATES})\s*)?{NUMBER}(?!\w)",
        says.several,
        needs="then",
    ),
    # Of another attempt; answers behind their questions.
    _rule(
        rf"(?:{NAMED})(?: (?:was|of|is))?\s*[=:]?\s*{NUMBER} \(?(?:in|for|during|with|from) (?:the|my|our) (?:very )?(?:first|second|previous|last|earlier|old|other|original) (?:run|experiment|attempt|model|version|setup|setting|trial|try|one)s?\b",
        says.another,
        needs="first second previous last earlier old other original",
    ),
    _rule(
        rf"(?<![a-z]\x20)(?P<name>{NAMED})\?\s*(?P<value>{NUMBER})(?=\s*(?:[;,]|\.(?!\d)|$))", says.assigned, needs="?"
    ),
    _rule(
        r"(?:S_?[34]|A_?[45]|D_?\d{1,2}|Q_?8) (?:group|multiplication|composition)\b",
        lambda found: [("task_family", "groups")],
        flags=0,
        needs="group multiplication composition",
    ),
    _rule(
        rf"<n> (?:\w+ )?(?:{SAMPLES})(?: from (\w+))?,? of which <n>(?: (?:are|is|were))?(?: used)? (?:for|as) (?:the )?(?:val|test)\w*",
        says.rest_of_samples,
        needs="which",
    ),
    # Parts of a network that train at rates of their own, or do not decay.
    _rule(
        r"(?:except|excluding|apart from|other than|but not|all but|all except)(?: \w+){0,2}? layer[\s_-]?norms?\b[^,;.]{0,30}|(?:biases|gains|norms)(?: and |\s?[/,&]\s?)layer[\s_-]?norms?\b|layer[\s_-]?norms?(?: and |\s?[/,&]\s?)(?:biases|embeddings)\b",
        says.another,
        needs="norm",
    ),
    _rule(r"(?:<few> )?param(?:eter)? groups?\b", says.nothing, needs="param"),
    _rule(
        rf"(?:\w+) (?:{RATES})\s*[=:]?\s*{NUMBER}[,;]? (?:and )?(?:the )?(?:rest|others?|remaining|everything else|all else|elsewhere)\b[^,;.\d]{{0,20}}{NUMBER}(?!\w)",
        says.several,
        needs="else everything other remaining rest",
    ),
    # Several shares or counts.
    _rule(rf"(?:{SHARE},? )*(?:{SHARE}),? (?:and|or|to|vs\.?) {SHARE}(?: {WHOLE})?(?!\w)", says.several_shares),
    _rule(
        rf"(?<!=)(?<!=\x20)(?:(?:\d+,\s?)*\d[\d,]*k?,? (?:or|to)|between \d[\d,]*k? and|(?:\d+,\s?)+\d+,? and) \d[\d,]*k? (?:\w+ )?(?:layers?|blocks?|heads?|units?|neurons?|epochs|classes|{STEPS[3:-1]}|{SAMPLES})\b",
        says.several,
    ),
    _rule(
        rf"(?:validat\w*|evaluat\w*|test\w*) on (?:the )?(?:(?:other|remaining|rest|held-?out) )?{SHARE}(?: {WHOLE})?(?!\w)",
        says.counted("validation_split"),
        needs="evaluat test validat",
    ),
    _rule(
        rf"(?:keep|kept|leav|left|hold|held|set)\w* {SHARE}(?: {WHOLE})? (?:out|aside|back|apart)\b(?: (?:for|as) \w+)?",
        says.counted("validation_split"),
        needs="apart aside back out",
    ),
    _rule(
        rf"train\w*(?: is)? on (?:the )?(?:other|remaining|rest(?: of)?) {SHARE}(?: {WHOLE})?(?!\w)",
        says.counted("train_fraction"),
        needs="train",
    ),
    _rule(
        rf"(?:label noise|noise) (?:on|in|for|to) <n> (?:out )?of (?:the )?<n> (?:\w+ )?(?:labels|{SAMPLES})\b",
        says.share_of_labels,
        needs="label noise",
    ),
    # How many of all are trained on.
    _rule(
        rf"(?:only|just) <n>(?: (?:of (?:them|these|those)|{SAMPLES}))?(?: (?:are|is|were|was))? (?:used|kept|trained on)\b",
        says.counted("train_size"),
        needs="just only",
    ),
    _rule(
        r"(?:of (?:which|these|those|them)|but)(?: I| we)?(?: only| just)? (?:use|used|keep|kept|take|took|train(?:ed)? on)(?: only| just)? <n>(?![\w.%])(?! (?:layers?|heads?|steps|epochs|gpus?))",
        says.counted("train_size"),
        needs="but them these those which",
    ),
    _rule(r"with (?:an? )?(LN)\b", lambda found: [("layer_norm", True)], flags=0, needs="with"),
    _rule(r"<few>[\s-]*digits?\b(?! (?:dataset|data|images|classification))", says.nothing, needs="digit"),
    _rule(
        r"(?:been(?! (?:re)?train)|stuck|flat|stay\w*|still|remain\w*|plateau\w*|sit(?:s|ting)|hover\w*|hasn't|haven't)[^,;.\n]{0,40}?(?:\d\.\d[^,;.\n]{0,20}?)? (?:for|after|at|since|over) (?:the last |about )?<n> (?:\w+ )?(?:steps|updates|iter\w*|its|epochs)\b",
        says.for_so_long,
        needs="epochs iter its steps updates",
    ),
    _rule(
        rf"(?:\w*parser\.)?(?:add_argument|click\.option|option|add_option)\(\s*(?:'-\w'\s*,\s*|\"-\w\"\s*,\s*)?['\"]-*(?P<name>[\w-]+)['\"][^;]{{0,80}}?\bdefault\s*=\s*(?P<value>{LIST}|{NUMBER}|{WORD})[^;]*",
        lambda found: [(found["name"], found["value"].strip("'\""))],
        needs="default",
    ),
    _rule(
        rf"(?:\w+\.)*DEFINE_\w+\(\s*['\"](?P<name>\w+)['\"]\s*,\s*(?:default\s*=\s*)?(?P<value>{NUMBER}|{WORD})[^;]*",
        lambda found: [(found["name"], found["value"].strip("'\""))],
        needs="define_",
    ),
    _rule(
        rf"<n> (?:{SAMPLES})(?: (?:per|in each|in a|in every|each|an?) |\s?/\s?)(?:mini-?)?(?:batch|step|update)\b",
        says.counted("batch_size"),
        needs="batch step update",
    ),
    _rule(
        rf"{SHARE} of (?:which|them|these|those)(?: (?:is|are|was|were|we))?(?: used?)? (?:for|as|in) (?:the )?train\w*(?: on)?\b",
        says.counted("train_fraction"),
        needs="train",
    ),
    _rule(
        rf"{SHARE} of (?:which|them|these|those)(?: (?:is|are|was|were|we))?(?: used?)? (?:{HELD_OUT}|(?:for|as|in) (?:the )?(?:test|val|eval)\w*)",
        says.counted("validation_split"),
        needs="them these those which",
    ),
    _rule(
        r"hidden states? (?:of |with |has |have )?(?:(?:a|an) )?(?:size|dim(?:ension)?s?|width)(?: of| is)?\s?<n>(?!\w)",
        says.counted("hidden_units"),
        needs="hidden",
    ),
    _rule(
        r"(mlp) (?:hidden )?(?:width|dim(?:ension)?|size)(?: of| is|\s?[=:])?\s?<n>(?!\w)",
        lambda found: (
            []
            if re.search(r"heads?\b|attention|d_?model|transformer", found.string)
            else [("architecture", found[1]), ("hidden_units", found[2])]
        ),
        needs="mlp",
    ),
    _rule(
        rf"(momentum) (sgd)\s*\(\s*({NUMBER})\s*\)",
        lambda found: [("optimizer", found[2]), ("momentum", found[3])],
        needs="momentum",
    ),
    _rule(
        rf"(?:schedule|ramp)\w*\s*:? {NUMBER} (?:->|to) {NUMBER} (?:over|in|during|within) <n> {STEPS}\b",
        says.another,
        needs="ramp schedule",
    ),
    _rule(rf"(?:{NAMED})\s*[=:]\s*{NUMBER} if [^,;\n]{{1,60}}? else {NUMBER}(?!\w)", says.several, needs="else"),
    # Of inputs: `in d=100`.
    _rule(r"(?:in|inputs?(?: of)?|(?:input|data) dim(?:ension)?|dimension) d\s*=\s*<n>(?!\w)", says.another),
    # What is accumulated: a batch of one device, unless the whole is said.
    _rule(
        r"(?:(?:mini-?)?batch(?:[\s_]?size)?|bsz?)(?: of)?\s*[=:]?\s*\d+ \([^()\d]*<n> (?:effective(?:ly)?|in (?:total|all)|global(?:ly)?)[^()\d]*\)",
        says.counted("batch_size"),
        needs="all effective global total",
    ),
    _rule(
        r"grad(?:ient)?s?[\s_-]?accum\w*(?:[\s_]?steps)?\s*[=:]?\s*(?:[2-9]|\d\d+)[^.;\n]{0,40}?batch(?:[\s_]?size)?(?: of)?\s*[=:]?\s*<n>(?! \()(?!\w)",
        says.counted("per_device_train_batch_size"),
        needs="accum",
    ),
    _rule(
        rf"(?:train(?:ing)?[\s_])?(?:frac(?:tion)?)\s*(?:of |[=:])?\s*{NUMBER} of (?:the |all )*(?!{SAMPLES}|train|pairs|inputs|them|total|whole|entire|full)[a-z]\w+(?: \w+)?",
        says.another,
        needs="frac",
    ),
    _rule(r"L\s*=\s*(\d{1,2})[\s,;/]+H\s*=\s*(\d{1,2})(?![\w.])", says.counted("layers", "heads"), flags=0),
    _rule(r"H\s*=\s*(\d{1,2})[\s,;/]+L\s*=\s*(\d{1,2})(?![\w.])", says.counted("heads", "layers"), flags=0),
    _rule(r"H\s*=\s*(\d{1,2})(?![\w.])", says.counted("heads"), flags=0),
    _rule(
        rf"(?:lr|learning rate)? ?(?:linear )?warm-?up(?: (?:of|over|for))?\s*[=:]?\s*<n>(?: {STEPS})?,? then (?:constant|flat|fixed|stays?|held)?(?: at)? ?({NUMBER})(?!\w)",
        says.counted("warmup_steps", "learning_rate"),
        needs="warm",
    ),
    _rule(
        rf"(?P<name>lr|learning rate|{BEHIND}) (?:starts?|starting|begins?|initially|peaks?|peaking|stays?|remains?)(?: at| from| with)? (?P<value>{NUMBER})(?!\w)",
        says.assigned,
        needs="peak stay remain begin initially start",
    ),
    _rule(
        r"nesterov(?: momentum)?\s*[=:(]?\s*(0?\.\d+)\)?(?!\w)",
        lambda found: [("nesterov", True), ("momentum", found[1])],
        needs="nesterov",
    ),
    _rule(
        r"train(?:ing)?(?:[\s_](?:set|size|data))?\s*[:=]\s*(\d{3,}|\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?k)(?: \w+)?[,;/|\s]+(?:val|valid\w*)(?:[\s_](?:set|size|data))?\s*[:=]\s*(\d{3,}|\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?k)(?![\w.%])",
        says.counted("train_size", "val_size"),
        needs="train",
    ),
    _rule(
        r"[nN]\s*=\s*<n> (?!(?:steps|epochs|updates|iter\w*|layers?|units|neurons|classes)\b)[a-z]+ for (?:the )?train(?:ing)?\b",
        says.counted("train_size"),
        needs="train",
    ),
    _rule(
        rf"<n> (?:out )?of (?:the |all )*{COUNT} [a-z]+ (?:(?:is|are|was|were) )?(?:used )?for (?:the )?train(?:ing)?\b",
        says.counted("train_size"),
        needs="train",
    ),
    _rule(
        r"(\d{3,}|\d+(?:\.\d+)?k)\s?/\s?(\d{3,}|\d+(?:\.\d+)?k) (?:train[\s/-]+(?:val\w*|test) )?split\b",
        says.counted("train_size", "val_size"),
        needs="split",
    ),
    _rule(r"h\s*=\s*([1248]|12|16)(?![\w.])", says.heads_beside_a_width, flags=0),
    _rule(r"<n> emb(?=\s*[,;/)]|\s*$)", says.counted("embedding_dim"), needs="emb"),
    _rule(
        rf"(?P<name>{NAMED}) (?:was |is )?(?:set|doubled|raised|increased|lowered|reduced|halved|changed)(?: up| down)? to (?P<value>{NUMBER})(?!\w)",
        says.assigned,
        needs="changed doubled halved increased lowered raised reduced set",
    ),
    _rule(
        r"<few> hidden layers?\s*[:(]\s*(\d+(?:-\d+)+)\)?(?![\w-])",
        lambda found: [("hidden_sizes", str([int(n) for n in found[2].split("-")]))],
        needs="hidden",
    ),
    # `alpha = 0.1 learning rate`
    _rule(
        rf"(?:alpha|lambda|eta|gamma|[A-Za-z\u03b1-\u03c9])\s*=\s*(?P<value>{NUMBER}) (?P<name>{BEHIND}|l2)(?!\w|\s*[=:]?\s*[\d.])",
        says.assigned,
    ),
    _rule(r"<n> deep(?=\s*(?:[,.;/)]|$))", says.counted("layers"), needs="deep"),
    _rule(r"init(?:iali[sz]ation)?\s?[*x]\s?<n>(?!\w)", says.counted("init_scale"), needs="init"),
    _rule(
        r"mod(?:ular)?[\s_-]?(add(?:ition)?|sub(?:traction)?|mult?(?:iplication)?|div(?:ision)?)(?: mod)? (\d{2,4})(?=\s*(?:[,.;/|)]|$))",
        lambda found: [("task_family", f"modular {found[1]}"), ("modulus", found[2])],
        needs="mod",
    ),
    # A value of each of several parts, or one that follows from another.
    _rule(
        rf"(?:{NAMED}|decay)(?: of)?\s*[=:]?\s*{NUMBER} (?:for|on|in) [^,;.\d]{{1,40}}\d?(?:,|,? and|,? but|,? while) {NUMBER} (?:for|on|in) (?:the )?\w+",
        says.several,
    ),
    _rule(
        rf"(?:no|zero|without) (?:{any_of(SWITCHED)}) (?:on|for|in) (?!th(?:e|is) (?:run|experiment|model)\b|(?:\w+ )?reasons?\b|now\b|simplicity\b)[^,;.]{{1,60}}(?:, {NUMBER} (?:for|on|in) [^,;.]{{1,40}})?",
        says.another,
    ),
    _rule(
        rf"(?:{NAMED})\s*[=:]?\s*{NUMBER}\s*(?:->|\u2192)\s*{NUMBER}(?= \(?(?:cosine|linear|decay|anneal|schedule))",
        lambda found: (
            [("learning_rate", re.findall(NUMBER, found[0])[-2])]
            if re.match("lr|learning", found[0], re.IGNORECASE)
            else says.several(found)
        ),
    ),
    _rule(
        rf"(?!layers)(?:{NAMED})\s*[=:]?\s*{NUMBER}(?:\s*(?:->|\u2192|\.\.+|to\s)\s*{NUMBER}|\s*\|\s*{NUMBER}(?![\d.]|\s?[A-Za-z]))+",
        says.several,
    ),
    _rule(rf"(?:{NAMED})\s*[=:]?\s*{NUMBER} \([^()\d]+\),? (?:and )?{NUMBER} \([^()\d]+\)", says.several),
    _rule(
        rf"(?:{NAMED})\s*[=:]?\s*{NUMBER} [^;.]{{1,40}},? (?:and )?(?:then|later|afterwards|after that)(?: \w+ed)?(?: to)? {NUMBER}(?!\w)",
        says.several,
        needs="after later then",
    ),
    _rule(r"(?:global )?batch(?:[\s_]?size)?\s*[=:]?\s*\d+ x \d+(?: \w+)?", says.formula, needs="batch"),
    _rule(
        rf"(?:encoder|decoder|backbone|embeddings?|bias(?:es)?|body|trunk|generator|actor|critic) (?:{RATES})\s*[=:]?\s*{NUMBER}",
        says.another,
    ),
    _rule(
        rf"(?:{any_of(SWITCHED)}) (?:is|are|was) (?:not |only )*(?:used|applied) (?:only )?(?:to|on|for|in) [^,;.]{{1,60}}",
        says.another,
        needs="applied used",
    ),
    _rule(rf"(?:[a-z]\w*\.)*(?!betas?\b)(?:{NAMED})\s*=\s*{NUMBER}(?:,{NUMBER})+(?=\s|$)(?<!,\d\d\d)", says.several),
    _rule(
        rf"(?!betas?\b)(?:{NAMED})\s*[=:]?\s*{NUMBER}\s*/\s*{NUMBER}",
        lambda found: says.several(found) if "." in found[0] or "e" in found[0].split("/")[1] else [],
    ),
    _rule(rf"(?:{NAMED})\s*[=:]?\s*{NUMBER}(?:\s*\*\s*|/)(?!no\b)[A-Za-z(][\w.]*(?:\([^()]*\))?", says.formula),
    _rule(
        rf"(?:{NAMED})\s*[=:]\s*{NUMBER}\s/\s(?:(?:{NAMED})(?=\s*(?:[,;.)]|$))|(?!{OPTIMIZERS})[a-z]\w*\([^()]*\))",
        says.formula,
    ),
    _rule(
        rf"(?P<name>{NAMED}) \((?:(?:coefficient|rate|strength|probability|factor|value)(?: of)?|p|\u03bb)\s*[=:]?\s*(?P<value>{NUMBER})\)",
        says.assigned,
        needs="(",
    ),
    _rule(
        r"train\w*(?: only)? on (\d{2,}k?|\d{1,3},\d{3})(?=\s*(?:[;)]|$|[,.](?!\d)))",
        says.counted("train_size"),
        needs="train",
    ),
    _rule(
        rf"(?:half|twice|double|triple|(?:\d+|two|three|ten) times|\d+x|a third|1/\d+)(?: of)?(?: (?:the|our|my|their|its|usual|default|standard|original|base)){{1,3}} (?:{NAMED})(?: of)?\s*[=:]?\s*{NUMBER}",
        says.formula,
    ),
    _rule(
        rf"(?:{NAMED}) was {NUMBER}[,;]? (?:but )?(?:is )?now(?: is)? (?P<now>{NUMBER})(?!\w)",
        says.replaced,
        needs="was",
    ),
    _rule(rf"not (?:{NAMED})\s*[=:]?\s*{NUMBER},? but (?P<now>{NUMBER})(?!\w)", says.replaced, needs="not"),
    _rule(
        rf"(?:set|sets|setting|raised?|increased?|doubled?|bumped?|lowered?|fix(?:ed)?|keep|kept|changed?) (?:the |our |my )?(?:{NAMED}) (?:to|at) (?:{NUMBER}|zero)(?:,? (?:and )?(?:the )?(?:{NAMED}) to (?:{NUMBER}|zero))*(?!\w)",
        says.each_set_to,
        needs="set rais increase double bump lower fix keep kept change",
    ),
    # Bounds, and shares of something else than all samples.
    _rule(rf"(?:{BOUND}|[<>\u2264\u2265]) {SHARE}(?: {WHOLE})?(?!\w)", says.another),
    _rule(
        rf"(?:at least|more than|less than|fewer than|over|above|below|under) {NUMBER} (?:\w+ )?(?:param(?:eter)?s|units|neurons|classes|{SAMPLES})\b",
        says.another,
        needs="above below fewer least less more over under",
    ),
    _rule(
        rf"(?:train\w*|fit\w*|learn\w*)(?: only)? (?:on|with|from) (?:the |a )?(?:first|last|top|bottom) {SHARE}(?: {WHOLE})?(?!\w)",
        says.counted("train_fraction"),
        needs="fit learn train",
    ),
    _rule(
        rf"<n>\s?/\s?{COUNT} (?:{SAMPLES}) (?:for|used|in) (?:the )?train\w*", says.counted("train_size"), needs="train"
    ),
    _rule(
        rf"{THREE} \(?(?:{WORDS_OF_THREE}(?: split)?|(?:data )?split)\b\)?", says.split_in_three, needs="split train"
    ),
    _rule(rf"{WORDS_OF_THREE}(?: split)?(?: of|\s*[:=])? ?{THREE}(?![\w%])", says.split_in_three, needs="train"),
    _rule(
        rf"(?:test|val(?:idation)?|evaluation|held-?out) (?:set|data|split|share|part)(?: (?:is|of|has|size|with))*\s*[:=]?\s*{SHARE}(?: (?:of )?{WHOLE})?(?!\w)",
        says.counted("validation_split"),
        needs="held test val",
    ),
    # Of each class, and what was seen of them.
    _rule(
        rf"<n> (?:\w+ )?(?:{SAMPLES})(?: (?:per|each|seen|processed|consumed)\b|\s?/\s?[a-z])(?: \w+)?", says.another
    ),
    _rule(r"<n> for (?:the )?train(?:ing)?\b", says.counted("train_size"), needs="train"),
    _rule(r"<n> for (?:the )?(?:val\w*|test\w*)\b", says.counted("val_size"), needs="for"),
    # All that there is.
    _rule(rf"(?<![a-z%\d]\s)(?:out )?of (?:all |the )*{COUNT} (?:\w+ )?(?:{SAMPLES})\b", says.nothing),
    _rule(r"step <n> (?:of|out of|/) <n>(?!\w)", lambda found: [("budget_step", found[2])], needs="step"),
    _rule(
        rf"until (?:step <n>|<n> {STEPS})(?!\w)", lambda found: [("budget_step", found[1] or found[2])], needs="until"
    ),
    _rule(rf"out of <n>(?: {STEPS})? planned\b", says.counted("budget_step"), needs="planned"),
    _rule(
        rf"<n> epochs(?:,| of| with)? <n> (?:{STEPS}|batches)(?: each)?\b",
        says.counted("epochs", "steps_per_epoch"),
        needs="epochs",
    ),
    _rule(r"<n> train(?:ing)?\s*[/,]\s*<n> (?:test|val\w*)\b", says.counted("train_size", "val_size"), needs="train"),
    _rule(r"(\d{2,6}) mod(?=\s*(?:[,.;]|$))", says.counted("modulus"), needs="mod"),
    _rule(rf"(?:{NAMED})\s*[=:]\s*\d(?= \d) \d+(?![\w.%]| ?(?:%|[a-z]))", says.several),  # `p = 9 7`
    _rule(rf"(?:{NAMED})\s*[=:]?\s*\d+\s*//\s*\d+(?!\s*=)", says.formula),
    _rule(
        rf"(?P<name>{NAMED})\s*[=:]?\s*\d+\s*(?://|/|\*)\s*\d+\s*=\s*(?P<value>{NUMBER})(?!\w)",
        lambda found: [(found["name"], found["value"])],
    ),
    _rule(rf"(?:{NAMED})(?: of| is| was)?\s*[=:]?\s*{NUMBER} times\b", says.formula, needs="times"),
    _rule(
        rf"dropout(?: of)?\s*[=:]?\s*{NUMBER} (?:only )?(?:on|in|for|after|to) (?:the )?(?:embeddings?|attention|inputs?|residuals?|softmax|classifier|outputs?)\b",
        says.another,
        needs="dropout",
    ),
    _rule(
        r"(?:(?:mini-?)?batch(?:[\s_]?size)?|bsz?)(?: of)?\s*[=:]?\s*\d+ \((?:effective(?:ly)?|global|total)[^()\d]*<n>(?!\w)[^()]*\)",
        says.counted("batch_size"),
        needs="effective global total",
    ),
    # What was done until now, and what a batch is of.
    _rule(
        rf"<n> (?:\w+ )?(?:{STEPS[3:-1]}|iters|its|epochs)(?: (?:are|were|is|have been))? (?:so far|already|by now|until now|done|completed|passed|elapsed|in(?! (?:all|total)))\b",
        says.another,
        needs="epochs iterations iters its steps updates",
    ),
    _rule(r"(?:(?:mini-?)?batch(?:[\s_]?size)?|bsz?)(?: of)?\s*[=:]?\s*<n> tokens\b", says.another, needs="tokens"),
    _rule(rf"tokens per (?:mini-?)?batch\s*[=:]?\s*{NUMBER}(?!\w)", says.another, needs="tokens"),
    _rule(
        r"(?:(?:mini-?)?batch(?:[\s_]?size)?|bsz?)(?: of)?\s*[=:]?\s*<n>\s*(?:(?:per|each|a)\s|/)\s*(?:device|gpu|worker|card|node|rank|replica|process|core|tpu)\b",
        says.counted("per_device_train_batch_size"),
    ),
    _rule(r"[pP]\s*=\s*\d+ (?!(?:classes|steps|samples)\b)[a-z]{3,}s\b(?! ?=)", says.another),
    _rule(
        r"<few> layers? (decoder)(?:[\s-]only)?\b",
        lambda found: [("layers", SMALL.get(found[1].lower(), found[1])), ("architecture", "decoder")],
        needs="decoder",
    ),
    _rule(
        rf"(?:data(?:set)?|split)\s*[=:]\s*{SHARE}(?: (?:for )?train\w*)?(?! ?(?:\w|[/-]\s?\d))",
        says.counted("train_fraction"),
        needs="data split",
    ),
    _rule(
        r"<n> (?:linear )?warm-?up\b(?! (?:epochs|steps|updates|iterations))",
        says.counted("warmup_steps"),
        needs="warm",
    ),
    _rule(
        r"(?:\w+\.)*Dropout\(\s*(?:(?:p|rate)\s*=\s*)?(0?\.\d+)\s*\)",
        says.counted("dropout"),
        flags=0,
        needs="dropout(",
    ),
    # Schedules.
    _rule(
        rf"(?:cosine|linear|exponential)(?:ly)?(?: \w+)? from ({NUMBER})(?: down)? to {NUMBER}(?!\w)",
        says.counted("learning_rate"),
        needs="from",
    ),
    _rule(
        rf"warm(?:ed|s|ing)?-?(?: )?up (?:\w+ly )?to ({NUMBER}) (?:over|for|during|in|within)(?: the first)? <n> {STEPS}\b",
        says.counted("learning_rate", "warmup_steps"),
        needs="warm",
    ),
    _rule(
        rf"(?:lr|learning rate) (?:is |was )?(?:increas|ramp|ris|grow|rais|warm)\w*(?: \w+)? from {NUMBER} to ({NUMBER}) (?:over|for|during|in|within)(?: the first)? <n> {STEPS}\b",
        says.counted("learning_rate", "warmup_steps"),
        needs="from",
    ),
    _rule(r"train\w*(?: only)? on <n> of (?:them|these|those)\b", says.counted("train_size"), needs="train"),
    _rule(r"with <n> (?:linear )?warm-?up\b", says.counted("warmup_steps"), needs="with"),
    _rule(r"<n> dim(?:ensional)? embeddings?\b", says.counted("embedding_dim"), needs="embedding"),
    _rule(r"<n> dim(?:ensional)? (?:mlp|ffn)\b", says.counted("d_mlp"), needs="dim"),
    # How large weights begin.
    _rule(
        r"init(?:iali[sz](?:ed|e|ation|ing))? (?:(?:with|at|by) )?(?:(?:a )?(?:scale|factor) (?:of )?)?(?:x )?<n>(?:x| times)?(?: (?:larger|bigger|the usual|as large))?(?!\w)|init x<n>(?!\w)",
        lambda found: [("init_scale", found[1] or found[2])],
        needs="init",
    ),
    # Code.
    _rule(
        r"(?:\w+\.)*(LSTM)\(\s*(?:\w+=)?\d+\s*,\s*(?:\w+=)?(\d+)(?!\w)",
        says.counted("architecture", "hidden_units"),
        flags=0,
        needs="lstm",
    ),
    _rule(r"(?<=\))\s?%\s?(\d{2,6})(?!\w)", says.counted("modulus")),
    _rule(
        r"random_split\(\s*[\w.]+\s*,\s*[\[(]\s*(0?\.\d+)\s*,\s*0?\.\d+\s*[\])]",
        says.counted("train_fraction"),
        needs="random_split(",
    ),
    _rule(
        r"(?:\w+\.)*scale_by_adam(?=.*add_decayed_weights)",
        lambda found: [("optimizer", "adamw")],
        needs="scale_by_adam",
    ),
    _rule(
        rf"(?:\w+\.)*add_decayed_weights\(\s*(?:\w+\s*=\s*)?({NUMBER})[^()]*\)",
        says.counted("weight_decay"),
        needs="add_decayed_weights(",
    ),
    _rule(
        rf"(?:\w+\.)*(?:scale\(\s*-|scale_by_learning_rate\(\s*)({NUMBER})\s*\)",
        says.counted("learning_rate"),
        needs="scale",
    ),
    _rule(
        rf"(?:\w+\.)*{LINEAR}(?:(?:[^()]|\([^()]*\)){{0,80}}?(?:\w+\.)*{LINEAR})+", says.stack, flags=0, needs="linear("
    ),
    _rule(
        r"(?:\w+\.)*Dense\((?:[^()]|\([^()]*\))*\)(?:(?:[^()]|\((?:[^()]|\([^()]*\))*\)){0,80}?(?:\w+\.)*Dense\((?:[^()]|\([^()]*\))*\))+",
        says.stack,
        flags=0,
        needs="dense(",
    ),
    _rule(
        r"(?:\w+\.)*Embedding\(\s*(?:\w+=)?\d+\s*,\s*(?:\w+=)?(\d+)[^()]*\)",
        says.counted("embedding_dim"),
        flags=0,
        needs="embedding(",
    ),
    _rule(r"(?:test|val|eval|dev)\w*\s*=\s*(?:[\w.]*\.)?DataLoader\([^()]*\)", says.another, needs="dataloader("),
    # Ahead of what is after so many steps: `50k steps after 500 steps of linear warmup`.
    _rule(
        rf"<n> (?:{STEPS}|step) (?:of )?(?:linear )?(?:lr |learning rate )?warm-?up\b",
        says.counted("warmup_steps"),
        needs="warm",
    ),
    _rule(
        rf"warm(?:ed|s)?-?(?: )?up (?:\w+ly )?(?:over|for|during|in)(?: the first)? <n> {STEPS}\b",
        says.counted("warmup_steps"),
        needs="warm",
    ),
    _rule(rf"(?:(?:over|for|during|in|within) )?the first <n> {STEPS}\b", says.another, needs="first"),
    _rule(rf"(?:after )?<n> (?:linear )?warm-?up {STEPS}\b", says.counted("warmup_steps"), needs="warm"),
    _rule(
        r"(?:decay|anneal\w*|cycle|inner|rollout|accumulation|restart) (?:steps|epochs|iterations)\s*[=:]?\s*<n>(?!\w)",
        says.another,
        needs="epochs iterations steps",
    ),
    # What something took, and bounds.
    _rule(
        rf"(?:within|takes?|took|need(?:s|ed)?|requires?|in|more than|less than|fewer than|been (?:running|training)(?: for)?) <n> (?:\w+ )?(?:steps|epochs|updates|iterations|{SAMPLES})\b",
        says.another,
    ),
    _rule(
        r"per[\s-](?:device|gpu|worker) batch[\s-]?size(?: of |\s*[=:]?\s*)<n>(?!\w)",
        says.counted("per_device_train_batch_size"),
        needs="batch",
    ),
    _rule(
        r"batch[\s-]?size(?: of |\s*[=:]?\s*)<n> per (?:device|gpu|worker)\b",
        says.counted("per_device_train_batch_size"),
        needs="batch",
    ),
    _rule(
        r"output classes\s*[=:]?\s*<n>(?!\w)|<n> way classification\b",
        lambda found: [("classes", found[1] or found[2])],
        needs="classes classification",
    ),
    _rule(r"(0?\.\d+) of (?:the |all )*data\b", says.counted("train_fraction"), needs="data"),
    # All that there is, of which some is trained on.
    _rule(
        rf"{COUNT} (?:\w+ )?(?:{SAMPLES}) (?:in total|altogether|overall)\b",
        says.nothing,
        needs="altogether overall total",
    ),
    _rule(
        rf"{COUNT} (?:\w+ )?(?:{SAMPLES}),? of which {SHARE}(?: (?:is|are|was|were))?(?: used)?(?: (?:for|as))?(?: the)? train\w*",
        says.counted("train_fraction"),
        needs="which",
    ),
    _rule(rf"{SHARE} (?:random )?(?:subset|sample)\b", says.counted("train_fraction"), needs="ample ubset"),
    _rule(
        rf"(?<!%\x20of\x20)all (?:p\^2\s*=\s*|the )?{COUNT} (?:possible )?(?:{SAMPLES})\b", says.nothing, needs="all"
    ),
    _rule(
        rf"(?:test|val(?:idation)?|evaluation|held-?out) (?:set|data)(?:(?: (?:has|have|of|with|contains?|is|size))? |\s?[:=]\s?)<n>(?: (?:{SAMPLES}))?(?!\w)",
        says.counted("val_size"),
        needs="data set",
    ),
    # Held out, not trained on.
    _rule(
        rf"(?:(?:hold|held|holding|set|setting|leave|leaving|left) (?:out|aside)|withhold|withheld|withholding|reserved?) {SHARE}(?: {WHOLE})?(?!\w)",
        says.counted("validation_split"),
        needs="aside out reserve withheld withhold",
    ),
    _rule(
        rf"{SHARE}(?: {WHOLE})?(?:,)? (?:is |are |was |were )?{HELD_OUT}\b",
        says.counted("validation_split"),
        needs="aside held left test unseen val",
    ),
    _rule(
        rf"(?:random )?labels of {SHARE}(?: {WHOLE})? (?:is|are|was|were)(?: \w+ly)? (?:{RANDOM})(?: at random)?\b",
        says.counted("label_noise"),
        needs="labels",
    ),
    _rule(
        rf"{SHARE} (?:of )?(?:(?:the|all|training) )*(?:labels|targets) (?:(?:is|are|was|were) )?(?:\w+ly )?(?:{RANDOM})(?: at random)?\b",
        says.counted("label_noise"),
        needs="labels targets",
    ),
    # Of other samples than those that are trained on.
    _rule(rf"(?:{SOME}) (?:the )?{SHARE}(?: {WHOLE})?(?:[^,;.]{{0,40}})", says.another),
    _rule(
        rf"{SHARE}(?: {WHOLE})? (?:is|are|was|were) (?:used (?:for|in) )?train\w*(?: on)?\b",
        says.counted("train_fraction"),
        needs="train",
    ),
    _rule(
        rf"{SHARE} {WHOLE} (?:held out|for (?:the )?(?:test|val|eval)\w*)",
        says.counted("validation_split"),
        needs="for held",
    ),
    _rule(rf"{SHARE} {WHOLE}(?={IS_NOT_TRAINED_ON})[^,;.]{{0,40}}", says.another),
    # What a curve reached.
    _rule(
        r"train\w*(?: (?:acc\w*|set|is|at))* \d[\d.]*\s?%[^.;\n\d]{0,20}\b(?:val|test)\w*(?: (?:acc\w*|set|is|at|still|only))* \d[\d.]*\s?%",
        says.reached,
        needs="train",
    ),
    _rule(
        r"(?:val|test)\w*(?: (?:acc\w*|set|is|at|still|only))* \d[\d.]*\s?%[^.;\n]{0,30}?\btrain\w*(?: (?:acc\w*|set|is|at))* \d[\d.]*\s?%",
        says.reached,
        needs="train",
    ),
    _rule(
        rf"(?:accuracy|acc)(?: (?:of|is|was))? {SHARE}(?: (?:on )?(?:train|test|val)\w*)?(?!\w)",
        says.another,
        needs="acc",
    ),
    _rule(rf"{SHARE} (?:(?:train|test|val)\w* )?(?:accuracy|acc)\b", says.another, needs="acc"),
    _rule(
        rf"<n> full-?batch (?:gradient )?{STEPS}\b",
        lambda found: [("budget_step", found[1]), ("batch_size", "full")],
        needs="batch",
    ),
    _rule(
        rf"{SHARE} of (?:the )?(?=(?:modular|addition|subtraction|multiplication|division|(?:fashion[\s-]?)?mnist|cifar|imdb|imagenet|svhn|[(]?[ax]\s?[-+*/])\b)",
        says.counted("train_fraction"),
    ),
    _rule(
        rf"(?:train(?:ed|ing)?(?: on)? )?<n> (?:(?:out )?of|from|among) (?:the |all )?(?:full )?{COUNT}(?: (?:{SAMPLES})\b|(?= (?:\w+ ){{1,2}}(?:{SAMPLES})\b)|(?= mnist digits\b))",
        says.counted("train_size"),
    ),
    _rule(
        r"(hinge|softmax|logistic|quadratic|l1|l2|squared?|focal|cosine|poisson|kl|triplet|contrastive) loss\b",
        says.counted("loss"),
        needs="loss",
    ),
    _rule(
        r"(?:weights|init(?:iali[sz]ation)?)(?: (?:is|are|was|were))? (?:scaled|multiplied)(?: up)?(?: by)?(?: a factor)?(?: of)?(?: [a-z\u03b1-\u03c9]\s*=)?\s*<n>(?:x| times)?(?!\w)",
        says.counted("init_scale"),
        needs="multiplied scaled",
    ),
    _rule(r"(?:init(?:iali[sz]ation)?|weight) scale(?: of)? <n>x\b", says.counted("init_scale"), needs="scale"),
    # Of other things than the run: `eval batch size 512`, `lr decay 0.95`, `memorised after 400 steps`.
    _rule(
        rf"(?!(?:{FIELDS_OF_OTHERS})\b)(?:{OTHERS}) (?:{NAMED})(?: (?:of|is) |\s*[=:~]\s*|\s*){NUMBER}(?![\w-])",
        says.another,
    ),
    _rule(
        rf"(?:lr|learning rate)(?: (?:is|was))? (?:decay|anneal|decreas|reduc|lower|cosine|linear)\w*(?: [a-z]+){{0,5}} from ({NUMBER}) to {NUMBER}(?!\w)",
        says.counted("learning_rate"),
        needs="from",
    ),
    _rule(
        rf"(?:lr|learning rate) (?:decay|gamma)(?: of |\s*[=:]\s*|\s*){NUMBER}(?![\w-])",
        says.another,
        needs="decay gamma",
    ),
    _rule(
        r"(?:stop(?:s|ped)?|end(?:s|ed)?|finish(?:es|ed)) (?:at|after) <n> (?:steps|updates|iterations)\b",
        says.counted("budget_step"),
        needs="iterations steps updates",
    ),
    _rule(
        rf"(?:(?!{OPTIMIZERS})[a-z]+ )?(?:after|at|around|since|before) <n> (?:\w+ )?(?:steps|epochs|updates|iterations)\b",
        says.another,
        needs="epochs iterations steps updates",
    ),
    _rule(r"(?:warm-?up|patience) epochs\s*[=:]?\s*<n>(?!\w)", says.another, needs="epochs"),
    _rule(r"(?:pretrain\w*|warm-?up|patience)(?: (?:for|of|over))? <n> epochs\b", says.another, needs="epochs"),
    _rule(
        r"(?:pretrain\w*|patience)(?: (?:for|of|over))? <n> (?:steps|updates|iterations)\b",
        says.another,
        needs="atience retrain",
    ),
    _rule(
        rf"(?:evaluat\w+|test(?:ed|ing)?|validat\w+)(?: the (?:model|network))?(?: every \d+ \w+)? on <n>(?: (?:test|held-?out|other|new))?(?: (?:{SAMPLES}))?(?!\w)",
        says.counted("val_size"),
        needs="evaluat test validat",
    ),
    _rule(
        rf"(?:{RATES})\s*[=:]?\s*{NUMBER} (?:for|on) [^,;.\d]{{1,40}} and {NUMBER} (?:for|on)\b",
        says.several,
        needs="and",
    ),
    _rule(
        r"(?:between \d+ and|(?:from )?\d+\s?(?:-|to|or)|(?<=\d,\s)\d+ and)\s?\d+ (?:hidden )?(?:layers?|blocks?|heads?|units?|neurons?|epochs|classes)\b",
        says.several,
        needs="block classes epochs head layer neuron unit",
    ),
    # Of several runs: `lr 1e-3, 3e-3 and 1e-2`, `wd between 0.1 and 1`, `lr in {1e-3, 1e-4}`.
    _rule(
        rf"(?!betas?\b)(?:{NAMED})\s*(?:[=:]\s*)?{NUMBER}(?!,\d{{3}}(?!\d))(?:\s*(?:,|or|and|,\s*and|vs\.?|to|-)\s*{NUMBER})+(?=\s*(?:\.(?!\d)|[;)]|$|,\s*[a-z]))",
        says.several,
    ),
    _rule(
        rf"(?:{RATES}) (?:between|from|in|among) [{{(\[]?\s*{NUMBER}(?:\s*(?:,|or|and|to)\s*{NUMBER})+\s*[}})\]]?",
        says.several,
    ),
    _rule(rf"\d[\d.]*\s?%?\s?(?:-|to)\s?\d[\d.]*\s?% (?:of )?(?:the |all )*(?:{SAMPLES})\b", says.several),
    _rule(
        rf"(?:no|without|zero|w/o|neither|not using|remov(?:ed?|ing)|never us(?:e|ed|ing)|(?:do(?:es)?|did)(?:n't| not) use)(?: any)? (?P<name>(?:{any_of(SWITCHED)})(?:\s*(?:/|or|nor)\s*(?:any )?(?:{any_of(SWITCHED)})(?!\s*[=:]?\s*[\d.]))*)\b",
        lambda found: says.switched(found, value=False),
    ),
    _rule(
        rf"(?P<name>{any_of(SWITCHED)})\s*[=:]?\s*(?:(?:is|are|was|were) )?(?:off|none|(?:is|are|was|were)n't (?:used|applied)|no(?=\s*(?:[,.;)]|$))|disabled|not (?:used|applied|included)|unused|turned off|switched off|removed|omitted|ablated|dropped|absent)\b",
        lambda found: says.switched(found, value=False),
    ),
    _rule(r"unregulari[sz]ed\b", lambda found: [("weight_decay", 0)], needs="unregulari"),
    _rule(
        r"full[\s-]?batch\b|batch[\s_-]?size\s*[=:]?\s*(?:full|all)\b",
        lambda found: [("batch_size", "full")],
        needs="batch",
    ),
    _rule(r"(?:mini-?)?batch(?:es)? of (?:size )?<n>(?!\w)", says.counted("batch_size"), needs="batch"),
    _rule(rf"{PARTS} \(?{WORDS_OF_SPLIT}\b\)?", says.split, needs="data split train"),
    _rule(rf"{WORDS_OF_SPLIT}(?: of|\s*[:=])? ?{PARTS}(?![\w%])", says.split, needs="data split train"),
    _rule(
        rf"(?:l2|weight) (?:regulari[sz]ation|penalty|reg)(?: of |\s*[=:]\s*|\s*)({NUMBER})(?![\w-])",
        says.counted("weight_decay"),
        needs="penalty reg",
    ),
    _rule(
        r"(\d[\d.]*\s?%) (?:corrupted|noisy|random|randomi[sz]ed|wrong|flipped|shuffled) (?:training )?labels\b",
        says.counted("label_noise"),
        needs="labels",
    ),
    _rule(r"p\s*=\s*(0?\.\d+) dropout\b", says.counted("dropout"), needs="dropout"),
    _rule(
        r"(?:modular )?(?:addition|sum|subtraction|multiplication|product) (?:of|with|over) (?:[3-9]|three|four|five) (?:operands|numbers|summands|terms)\b",
        lambda found: [("task_family", found[0])] if "modular" in found[0].lower() else says.nothing(found),
        needs="numbers operands summands terms",
    ),
    _rule(r"Z(?:_\{?|\s?/\s?)(\d{2,6})\}?Z?\b", says.counted("modulus"), flags=0),
    _rule(r"(?:\w+\.)*(?:op|operation|operator)\s*[=:]\s*([-+*/])(?=[\s,;]|$)", says.counted("operation")),
    _rule(
        rf"({OPTIMIZERS})\s*\(\s*(0?\.[5-9]\d*)\s*,\s*(0?\.9\d*)\s*\)",
        says.counted("optimizer", "beta1", "beta2"),
        needs="adam lion muon rmsprop sgd",
    ),
    # The first argument of an optimiser is its rate: `AdamW(model.parameters(), 1e-3)`, `Adam 1e-3`.
    _rule(
        rf"(?:[a-z]+\.)*({OPTIMIZERS})(?:Optimizer)?\s*\(\s*(?:[a-z_][\w.]*(?:\(\))?\s*,\s*)?(?!\d\d)(\d*\.?\d+(?:e-?\d+)?)(?=\s*[,)])",
        says.counted("optimizer", "learning_rate"),
        needs="adam lion muon rmsprop sgd",
    ),
    _rule(
        rf"({OPTIMIZERS})(?:(?: at|\s?@)? (?=\d\.?\d*e-\d|0\.0\d)| at (?=0?\.\d))(\d*\.?\d+(?:e-\d+)?)(?!\w|\.\d)(?! (?:{BEHIND})(?!\s*[=:]?\s*[\d.]))",
        says.counted("optimizer", "learning_rate"),
        needs="adam lion muon rmsprop sgd",
    ),
    _rule(
        r"betas?(?: (?:are|of))?\s*[=:]?\s*(0?\.\d+)(?:\s*[,/\s]\s*| and )(0?\.\d+)",
        says.counted("beta1", "beta2"),
        needs="beta",
    ),
    _rule(rf"(?:{NAMED})\s*[=:]?\s*\d+(?:/\d+){{2,}}(?!\w)", says.several),
    _rule(r"(\d{1,2})x(\d{2,5})(?=(?: \w+)? mlp\b)", says.counted("layers", "hidden_units")),
    _rule(r"(mlp) (\d{1,2})x(\d{2,5})(?!\w)", says.counted("architecture", "layers", "hidden_units"), needs="mlp"),
    _rule(r"(mlp) (\[\s*\d{1,6}\s*,\s*\d{1,6}\s*\])", says.counted("architecture", "hidden_sizes"), needs="mlp"),
    _rule(
        r"embeddings? (?:of|with)(?: a)? (?:size|dim(?:ension)?|width) <n>(?!\w)",
        says.counted("embedding_dim"),
        needs="embedding",
    ),
    _rule(
        r"hidden layers? (?:of|with)(?: a)? (?:size|dim(?:ension)?|width) <n>(?!\w)",
        says.counted("hidden_units"),
        needs="hidden",
    ),
    _rule(r"<n> wide\b", says.counted("width"), needs="wide"),
    _rule(
        r"mlp\s?[(\[]\s*\d{1,6}(?:\s*,\s*\d{1,6}){2,}\s*[)\]]",
        lambda found: [("architecture", "mlp"), *says.shape(found)],
        needs="mlp",
    ),
    _rule(r"(?:\w+ )?every <n>(?: \w*(?:steps|epochs|updates|iterations))?(?!\w)", says.nothing, needs="every"),
    _rule(
        r"<n> (?:steps?|updates?|batches|iterations|iters?|its?)\s*(?:per|/|an|each)\s*epoch\b",
        says.counted("steps_per_epoch"),
        needs="epoch",
    ),
    _rule(r"warm-?up (?:of |over |for )?<n>(?: steps)?\b", says.counted("warmup_steps"), needs="warm"),
    _rule(
        r"<few>[\s-]*(?:hidden )?(?:layers?|blocks?) (?:of |with |x )(?:width |size )?<n>(?: (?:hidden )?(?:units|neurons))?(?!\w)",
        says.counted("layers", "hidden_units"),
        needs="block layer",
    ),
    _rule(
        rf"(?P<name>(?:--)?(?:[a-z]\w*\.)*(?:{NAMED}))\s*\(\s*(?:[a-z\u03b1-\u03c9]\s*=\s*)?(?P<value>{NUMBER})\s*\)",
        says.assigned,
    ),
    _rule(
        rf"(?P<name>(?:--)?(?:[a-z]\w*\.)*(?:{NAMED}))(?: (?:coefficient|coeff|strength|parameter|factor))?(?: [a-z\u03b1-\u03c9](?=\s*=)| \((?:{SURELY})\)(?=\s*[=:]))?(?: of [a-z\u03b1-\u03c9]\s*=\s*| (?:of|at|is|was|(?:(?:is|was|are|were) )?(?:\w+ly )?(?:set|fixed|equal|left|kept|held|unchanged)(?: constant| fixed)? (?:to|at)) |\s*[=:~]\s*|[\s-]*)(?P<value>{LIST}|{NUMBER}{ENDS})",
        says.assigned,
    ),
    _rule(
        rf"(?P<name>-{{0,2}}\+{{0,2}}[A-Za-z][\w./-]{{0,80}})\s*[=:]\s*(?P<value>{LIST}|{NUMBER}{ENDS}|{WORD})",
        says.assigned,
    ),
    _rule(rf"(?P<value>{NUMBER}) (?P<name>{BEHIND})(?!\w|\s*[=:]?\s*[\d.])", says.assigned),
    _rule(r"d(?:_| )?(\d{2,5})(?!\w)", says.counted("d"), flags=0),
    _rule(r"<few>[\s-]*(?:attention )?heads?\b", says.counted("heads"), needs="head"),
    _rule(r"h([1-8]|12)\b", says.counted("heads")),
    _rule(r"h\d{1,2}\b", says.nothing),
    _rule(r"\d{1,6}(?:\s?(?:-|\u2013|\u2192|->|x|\u00d7)\s?\d{1,6}){2,12}(?![\w-])", says.shape),
    _rule(
        r"<few>[\s-]*(?:(?:hidden|(transformer|decoder|attention)|encoder) )?(?:layers?|layered|blocks?)\b",
        says.layers_of_blocks,
        needs="block layer",
    ),
    _rule(r"(\d{1,2})L\b", says.counted("layers"), flags=0),
    _rule(
        rf"{SHARE} (?:{WHOLE}|(?:of )?(?:the |all )*train(?:ing)? (?:{SAMPLES}|fraction|split|set)|train(?:ing)?|split|for train(?:ing)?)(?!\w| (?:label|noise|target|time|steps|budget|run|cent|load))",
        says.counted("train_fraction"),
    ),
    _rule(r"train(?:ed|ing)?(?: on)? (?!100)(\d[\d.]*\s?%)(?!\w)", says.counted("train_fraction"), needs="train"),
    _rule(
        rf"(?:data(?:set)?|fraction)\s*(?:of |is |[=:]\s*)?{SHARE}(?!\w)",
        says.counted("train_fraction"),
        needs="data fraction",
    ),
    _rule(
        rf"(?:train(?:ing)? )?fraction (?:of|for) (?:the )?(?:train(?:ing)? )?(?:{SAMPLES}|train(?:ing)?)\s*(?:of|is|=|:)?\s*({NUMBER})",
        says.counted("train_fraction"),
        needs="fraction",
    ),
    _rule(rf"<n> (?:test|val|validation) (?:{SAMPLES})\b", says.counted("val_size"), needs="test val"),
    _rule(
        rf"<n>(?= (?:(?:mnist|digits?|imdb|cifar\S*|fashion\S*|random|labell?ed) )?(?:{SAMPLES}|(?<=mnist\s)digits)\b)",
        says.counted("number_of_samples"),
    ),
    _rule(
        rf"<n>(?= (?:train(?:ing)? )?(?:(?:mnist|digits?|imdb|cifar\S*|fashion\S*|random|labell?ed) )?(?:{SAMPLES}|(?<=mnist\s)digits)\b)",
        says.counted("train_size"),
    ),
    _rule(r"<n> epochs\b", says.counted("epochs"), needs="epochs"),
    _rule(
        r"<n> (?:(?:train(?:ing)?|optimi[sz](?:er|ation)|gradient|sgd|parameter|weight|total|max(?:imum|imal)?) ){0,2}(?:steps|iterations|iters|its|updates)\b",
        says.counted("budget_step"),
        needs="iterations iters its steps updates",
    ),
    _rule(r"<n> classes\b", says.counted("classes"), needs="classes"),
    _rule(
        r"<n> (?:trainable )?param(?:eter)?s\b|(\d+(?:\.\d+)?[kKM]) param(?:eter)?\b",
        lambda found: [("parameters", found[1] or found[2])],
        needs="param",
    ),
    _rule(
        r"<n> (?:(?:hidden|relu|gelu|tanh|sigmoid) ){0,2}(?:units?|neurons?)\b|<n> hidden\b",
        lambda found: [("hidden_units", found[1] or found[2])],
        needs="hidden neuron unit",
    ),
    _rule(
        rf"(?P<name>nesterov|{any_of(n for n, f in SWITCHED.items() if f == 'layer_norm' and n != 'ln')})\b(?![\s-]*(?:gain|scale|param|weight|bias|eps|lr))",
        lambda found: says.switched(found, value=True),
        needs="layer nesterov normalisation normalization",
    ),
)
