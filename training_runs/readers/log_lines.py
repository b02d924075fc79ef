"""Lines of logs in one plain form: without clocks and prefixes, as `name value`, whatever framework printed them."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from training_runs.metric_names import canonical_name

NUMBER = (
    r"[-+]?(?:[1-9]\d{0,2}(?:,\d{3})+(?![\d.]*,\d{3})(?:\.\d+)?|\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:nan|inf)\b"
)
BOUND = r"(?:[<\u2264\u2265]=?|(?<![->=])>=?)\s*"  # `val acc < 0.01`, not `val acc -> 0.01`
CLOCK = re.compile(
    r"(?<![\w.])\d{4}[-/.](?:1[0-2]|0?[1-9])[-/.](?:[12]\d|3[01]|0?[1-9])(?!\d)(?:[T ]+\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"  # 2026-11-27 12:00:00,123
    r"|(?<![\w./])\d\d?[/.]\d\d?[/.]\d{2,4},?[T ]+\d\d?:\d\d(?::\d\d)?(?:\s?[AaPp]\.?[Mm]\b)?"  # 11/28/26 12:00 PM
    r"|\b\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?\b|\b\d+d \d\d:\d\d:\d\d"
)
LEVEL = re.compile(r"\b(?:DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL)\b:?")
SPLIT = r"train(?:ing)?|val(?:id(?:ation)?)?|eval(?:uation)?|test(?:ing)?|dev|tr|te"
_METRIC = r"[a-z_]*(?:loss|acc(?:uracy)?)"
_PAIR = rf"\s*[:=]?\s*[(\[]?\s*((?:{NUMBER})(?:\s?%)?)\s*[/,|&]\s*((?:{NUMBER})(?:\s?%)?)(?!\s*[/|&]\s*\d)\s*[)\]]?"
# `500 steps` in other languages, and shorter
_STEPS_ELSEWHERE = "\u6b65|\u30b9\u30c6\u30c3\u30d7|\uc2a4\ud15d|Schritten?|pas|pasos|passos|passi|\u0448\u0430\u0433(?:\u043e\u0432|\u0430)|its"
_PREFIXES = (
    re.compile(r"^\[\d+,\d+\]<std(?:out|err)>: ?"),  # mpirun --tag-output
    re.compile(r"^[IWEF]\d{4} [\d:.]+\s+\d+ [\w./-]+:\d+\] ?"),  # absl: I0501 10:00:00.000000 139 train.py:48]
    re.compile(rf"^(?:{CLOCK.pattern}) std(?:out|err) [FP] "),  # of a container
    re.compile(rf"^\W*(?:{CLOCK.pattern})\W+[\w.]+ - (?={LEVEL.pattern})"),  # asctime - name - level
    re.compile(rf"^\W*(?:(?:{CLOCK.pattern})\W+)?(?!(?:{SPLIT})\b)[\w.-]+ (?={LEVEL.pattern})"),  # [asctime] name level
)
# `O.25`, `l.0`, `0.2S`
_MISREAD_NUMBER = re.compile(
    r"(?<![\w.,])(?=[\dOolISB.]*[OolISB])(?=[OolISB.]*\d)[\dOolISB]{1,9}\.[\dOolISB]{1,9}(?![\w.])"
)
# What is rewritten: what a line must hold for it, which is looked for first since logs are long; what is found; in plain words.
# What a line must hold is the same whatever its digits are: lines of a log differ in nothing else, and each kind is searched once.
_REWRITTEN = tuple(
    (re.compile(guard, re.IGNORECASE), re.compile(pattern, flags), plain)
    for guard, pattern, plain, flags in (
        # OpenMMLab: `Epoch(train) [3][100/100]`, `Iter(train) [ 100/1000]`, `Iter(val) [10/10]`. Counts of batches are no steps.
        # Composer: `[batch=100/400]:`; Catalyst: `train (1/4) accuracy: 0.5`; Determined: `report_training_metrics(steps_completed=100, ...`
        (r"^\[batch=", r"^\[batch=(\d+)/\d+\](?=:)", r"step \1 |", 0),
        (r"^(?:train|valid) \(\d+/", r"^(train|valid) \((\d+)/\d+\)", r"[\1] epoch \2 |", 0),
        (
            r"report_\w+_metrics",
            r".*\breport_(training|validation)_metrics\(steps_completed=(\d+),\s*(?:metrics=)?",
            r"[\1] step \2 | ",
            0,
        ),
        (r"Epoch\(", r"\bEpoch\((\w+)\)\s*\[\s*(\d+)\s*\](?:\[[^\]]*\])?", r"[\1] epoch \2 |", 0),
        (r"Iter\(", r"\bIter\(train\)\s*\[\s*(\d+)\s*/\s*\d+\s*\]", r"[train] iter \1 |", 0),
        (r"Iter\(|Epoch\(", r"\b(?:Iter|Epoch)\((val|test)\)\s*\[[^\]]*\]", r"[\1] |", 0),
        # timm and the ImageNet example: `Train: 3 [  99/100 (100%)]`, `Test: [ 9/10]`
        (r"Train: ", r"^(\W*)Train: (\d+) \[[^\]]*\]", r"\1[Train] epoch \2 |", 0),
        (r": \[", r"^(\W*)(Test|Validate|Val): \[[^\]]*\]", r"\1[\2] |", 0),
        # Megatron-LM: `validation loss at iteration 100 | lm loss value: 2.3E+00 | lm loss PPL: 9.9 |`
        (r"loss at iter", r"\b(validation|test) loss at iteration\s+(\d+)[^|]*\|", r"iteration \2 | \1", 0),
        (  # how long it took: `After 10 min: step ...`
            r"^\W*(?:after )?\d+(?:\.\d+)?\s?(?:s|min|h|d)",
            r"^\W*(?:after )?\d+(?:\.\d+)?\s?(?:s|secs?|seconds|min|mins|minutes|h|hours?|d|days?)\b\s*[:,|-]\s*(?=step|iter|epoch)",
            "",
            re.IGNORECASE,
        ),
        # `Train acc at step 100: 0.5`, `train/val accuracy after 1k steps: 0.9/0.1`
        *(
            (
                rf"\b(?:at|after) (?:{guard})",
                rf"^\W*((?:{SPLIT})(?:\s?/\s?(?:{SPLIT}))?[ _-]{_METRIC})\s+(?:at|after)\s+{place}\s*[:=]\s*(?=[-+.\d])",
                plain,
                re.IGNORECASE,
            )
            for guard, place, plain in (
                ("step|iter|epoch", r"(step|iter(?:ation)?|epoch)\s+(\d[\d,]*k?)", r"\2 \3 | \1 "),
                (r"\d", r"(\d[\d,]*k?)\s+(step|iteration|epoch)s", r"\3 \2 | \1 "),
            )
        ),
        # `nach 500 Schritten:`, `500步:`, `10万步:`, `after 500 its:`
        (r"\d\s?\u4e07\s?\u6b65", r"(?<![\d.])(\d+)\s?\u4e07\s?(?=\u6b65)", r"\g<1>0000", 0),
        (
            rf"\d\s?[km]?\s?(?:{_STEPS_ELSEWHERE})",
            rf"^\W*(?:(?:[a-z]+|[^\W\d_a-z]+)\s+)?(?<![\w.,])(\d[\d.,]*[km]?)\s?(?:{_STEPS_ELSEWHERE})(?=\s*[:|,(-])",
            r"step \1 | ",
            re.IGNORECASE,
        ),
        # Numbers before their names: `100 steps: 2.5 train loss, 50% val accuracy`
        (
            r"^\W*(?:(?:after|at)\s+)?\d[\d,.]*[km]?\s+(?:steps|iter|updates|epochs)",
            rf"^(\W*)(?:(?:after|at)\s+)?(\d[\d,.]*[kM]?)\s+(steps|iters|iterations|updates|epochs)\b(?=\s*[:|,-]|\s+(?:{SPLIT}|{_METRIC})\b)",
            r"\1\3 \2 | ",
            re.IGNORECASE,
        ),
        (
            rf"(?:^|\d:|[|,;&]|\band\b|\s[-\u2013]\s)\s*(?:{NUMBER})\s?%?\s+(?:{SPLIT})[ _-]{_METRIC}",
            rf"(?:^|(?<=\d:)|[|,;&]|\band\b|\s[-\u2013]\s)\s*((?:{NUMBER})\s?%?)\s+((?:{SPLIT})[ _-]{_METRIC})(?=\s*(?:[,;|&)]|and\b|\.?\s*$))",
            r" | \2 \1 ",
            re.IGNORECASE,
        ),
        (  # `31% train / 1.1% val`
            rf"%\s+(?:{SPLIT})",
            rf"((?:{NUMBER})\s?%)\s+({SPLIT})\s*(?:[/,|&;]|\band\b)\s*((?:{NUMBER})\s?%)\s+({SPLIT})\b(?!\s*[\w:=])",
            r" | \2 \1 | \4 \3 | ",
            re.IGNORECASE,
        ),
        (
            r" (?:while|whereas|and) ",
            rf"\b(?:while|whereas|and)\s+(?=(?:the\s+)?(?:{SPLIT})\b)",
            "| ",
            re.IGNORECASE,
        ),
        (  # of a message before what is assigned: `evaluated model step=100 val_acc=0.1`
            r"[a-z] (?:global_)?(?:step|epoch|iter|iteration)=\d",
            r"^(?!.*\b(?:max|total|best|last|warmup)\b)(\W*[a-z]+(?: [a-z]+){0,4}) (?=(?:global_)?(?:step|epoch|iter|iteration)=\d+,? +\w+=)",
            r"\1 | ",
            re.IGNORECASE,
        ),
        (r"^\W*step_\d", r"^(\W*step)_(\d+)(?=\s*[:|,])", r"\1 \2", re.IGNORECASE),
        (r"step\W*(?:\u2116|n)", r"\b(step)\s*(?:\u2116|no\.?|nr\.?)\s*(?=\d)", r"\1 ", re.IGNORECASE),
        (r"\u7b2c", r"\u7b2c\s*(\d+)\s*(?:\u8f6e|\u4e2a?\s?epoch)", r"epoch \1 | ", 0),  # the first round, in Chinese
        (r"\u7b2c", r"\u7b2c\s*(\d+)\s*(?:\u6b65|\u6b21\u8fed\u4ee3|\u6b21|\u4e2a?\s?step)", r"step \1 | ", 0),
        (r"[OolISB]\.[\dOolISB]|\d\.\d*[OolISB]", _MISREAD_NUMBER.pattern, "nan", 0),
        # `accuracy | 0.5 | 0.1`, a line of a table with a column a split
        (
            rf"^\W*[a-z_ ]+\|\s*{NUMBER}\s*\|",
            rf"^\W*([A-Za-z][A-Za-z_ ]*?)\s*\|\s*((?:{NUMBER})\s?%?)\s*\|\s*((?:{NUMBER})\s?%?)\s*\|?\s*$",
            r"\1 (\2, \3)",
            re.IGNORECASE,
        ),
        (r"batch", r"(\bepoch\b.{0,60}?)\bbatch\b(\W{0,3}\d+\s*/\s*\d+)", r"\1step\2", re.IGNORECASE),
        (r"[a-z]\t", r"([A-Za-z])\t+(?=[-+]?[.\d])", r"\1 ", 0),  # `train_loss<TAB>0.1`
        (
            r"\|",
            rf"^\W*([A-Za-z][\w /.-]*?)\s*\|\s*({NUMBER}\s?%?)\s*\|?\W*$",
            r"\1 \2",
            0,
        ),  # a line of a table of one checkpoint
        # Two splits of one metric: `Train/Test loss: 0.1 / 2.3`, `loss (train, val): (0.1, 2.3)`, `train loss/val loss: 0.1/2.3`;
        # two metrics of one split: `train (loss, acc): (0.1, 0.9)`
        *(
            (r"[a-z]\s?[/,|&]\s?[a-z]", pattern, f"{plain} | ", re.IGNORECASE)
            for pattern, plain in (
                (
                    rf"(?<![\w/|&])[(\[]?({SPLIT})\s*[/,|&]\s*({SPLIT})[)\]]?\s+({_METRIC}){_PAIR}",
                    r" | \1 \3 \4 | \2 \3 \5",
                ),
                (
                    rf"\b({_METRIC})\s*[(\[]?\s*({SPLIT})\s*[/,|&]\s*({SPLIT})\s*[)\]]?{_PAIR}",
                    r" | \2 \1 \4 | \3 \1 \5",
                ),
                (
                    rf"\b({_METRIC})\s*/\s*({_METRIC})\W+({SPLIT}){_PAIR}\W+({SPLIT}){_PAIR}",
                    r" | \3 \1 \4 | \3 \2 \5 | \6 \1 \7 | \6 \2 \8",
                ),
                (rf"\b((?:{SPLIT})[ _]{_METRIC})\s*/\s*((?:{SPLIT})[ _]{_METRIC}){_PAIR}", r" | \1 \3 | \2 \4"),
                (
                    rf"\b({SPLIT})\s*[)\]:]?\s*[(\[]?\s*({_METRIC})\s*[/,|&]\s*({_METRIC})\s*[)\]]?{_PAIR}",
                    r" | \1 \2 \4 | \1 \3 \5",
                ),
            )
        ),
        # `loss on training set 2.5, on test set 2.75`
        (
            rf"{_METRIC} (?:on|for) ",
            rf"\b({_METRIC}) (?:on|for) (?:the )?({SPLIT})(?:[ _](?:set|data))?\s*[:=]?\s*((?:{NUMBER})\s?%?)\s*(?:,|;|and)+ (?:and )?(?:on |for )?(?:the )?({SPLIT})(?:[ _](?:set|data))?\s*[:=]?\s*(?=[-+.\d])",
            r" | \2 \1 \3 | \4 \1 ",
            re.IGNORECASE,
        ),
        # Of three splits the order is read from the whole text.
        (
            rf"[(\[](?:{SPLIT})\s?[/,|&]",
            rf"\b({_METRIC})\s*[(\[]\s*(?:{SPLIT})(?:\s*[/,|&]\s*(?:{SPLIT})){{2}}\s*[)\]]",
            r"\1",
            re.IGNORECASE,
        ),
        (
            r"[a-z]/[a-z]+/[a-z]",
            rf"\b({_METRIC})\s+(?:{SPLIT})(?:/(?:{SPLIT})){{2}}(?=\s*[:=]?\s*[-+.\d])"
            rf"|(?:{SPLIT})(?:/(?:{SPLIT})){{2}}\s+({_METRIC})(?=\s*[:=]?\s*[-+.\d])",
            r"\1\2",
            re.IGNORECASE,
        ),
        # `acc[train=0.9 val=0.1]`
        (
            rf"[\[({{]\s*(?:{SPLIT})\s*[=:]",
            rf"\b({_METRIC})\s*[=:]?\s*[\[({{]\s*((?:{SPLIT})\s*[=:][^\[\](){{}}]*)[\])}}]",
            r" | \1: \2 | ",
            re.IGNORECASE,
        ),
        # What stands in brackets behind a name is of the name: `Loss(train): 0.1`, `acc[val]=0.9`, `acc (%) 98`
        (
            r"[(\[]\s?[^\W\d]",
            r"(?<![\w(\[])([^\W\d_]\w*) ?[(\[]([^\W\d_](?:[^\W\d]| )*)[)\]](?=\s*[:=]?\s*[-+]?[.\d])",
            r"\1 \2",
            0,
        ),
        (r"[(\[]%", r"(?<=\w) ?[(\[]%[)\]](?=\s*[:=]?\s*[\d.])", " percent", 0),
        (
            r"\d\s?[-\u2212]",
            rf"(?<![\w.])1\s?[-\u2212]\s?(?:({SPLIT})[ _]?)?acc(?:uracy)?\b",
            r"\1 error_rate",
            re.IGNORECASE,
        ),
        (r"correct", r"[(\[]?\b(\d+)\s*(?:/|(?:out )?of)\s*(\d+)\s+correct(?:ly)?\b(?:\s*[)\]])?", r" acc \1/\2 ", 0),
        (r"Saving dict", r"Saving dict for global step (\d+):", r"[eval] step \1 |", 0),  # TensorFlow's estimators
        (r"\depoch ", r"\b(\d+)epoch results:", r"epoch \1 |", 0),  # ESPnet
        (r"[a-z]{6}\.\s+[A-Z]", r"(?<=[a-z]{6})\.\s+(?=[A-Z])", " | ", 0),  # of sentences
        (rf"[<>\u2264\u2265]=?\s*(?:{NUMBER})", rf"{BOUND}(?:{NUMBER})\s?%?", "nan", re.IGNORECASE),
        (r"::|>>", r"\s*::\s*", " | ", 0),  # `step 1 :: train >> loss 2`
        (r">>", r"(?<=\w)\s*>>\s*(?=[a-z])", ": ", re.IGNORECASE),
        (  # `train: 0.1 loss, 0.9 acc`
            rf"(?:{SPLIT})\s*:\s*(?:{NUMBER})\s?%?\s+{_METRIC}",
            rf"\b({SPLIT})\s*:\s*((?:{NUMBER})\s?%?)\s+({_METRIC})\s*[,;]\s*((?:{NUMBER})\s?%?)\s+({_METRIC})\b",
            r" | \1 \3 \2 | \1 \5 \4 | ",
            re.IGNORECASE,
        ),
        # `at step 100 the training accuracy was 0.5`
        (
            r"\b(?:at|after|completed) |@ ?",
            r"(?:\b(?:at|after|completed)\s+|@ ?)(step|iter(?:ation)?|epoch)(?=\W+\d)",
            r"| \1",
            re.IGNORECASE,
        ),
        (
            r" (?:is|was|of|at|reached)[ :]",
            rf"\b({_METRIC})\s+(?:is|was|of|at|reached):?\s+(\[)?(?=[-+]?[.\d])",
            r"\1 \2",
            re.IGNORECASE,
        ),
        # `OrderedDict([('step', 100), ('loss', 2.5)])`
        (r"\(['\"]\w+['\"], ?[-+.\d]", rf"\(['\"]([\w/.-]+)['\"],\s*((?:{NUMBER}))\)", r" | \1 = \2 | ", 0),
        (r"=\"", r"\b\w+=\"(?=[^\"\d.+-])([^\"]*)\"", r" | \1 | ", 0),  # logfmt: `msg="eval" step=100`
        (r"N/A|None|null", r"(?<=[\s=:])(?:N/A|n/a|None|null)(?=[\s,;|)}\]]|$)", "nan", 0),  # a value that is missing
        (
            r"[=:]\s?\[\d{1,3},\d{3}",
            r"(?<=[=:])\s?\[\d{1,3}(?:,\d{3})+\]",
            " nan",
            0,
        ),  # `steps=[100,200,300]`, no 100200300
        (  # `step 1_000`, `step 1'000`
            r"\d[_'\u2019\u00a0\u2009\u202f]\d",
            r"(?<=\d)(?<![A-Za-z]\d)[_'\u2019\u00a0\u2009\u202f](?=\d{3}(?!\d))",
            "",
            0,
        ),
        (
            r"\d \d{3}\b",
            rf"(\b(?:step|iter(?:ation)?)\W{{1,3}}\d{{1,3}}) (\d{{3}})(?=\s*(?:[|:,;\])]|\W\s?(?:{SPLIT}|{_METRIC})))",
            r"\1\2",
            re.IGNORECASE,
        ),
    )
)
# A line that says a split and no number: `Validation:`, `--- test ---`, `Evaluating on the test set...`, `Eval begin...`
_SECTION = re.compile(
    r"^\W*(?:(?:start\w*|begin\w*|run\w*)\s+)?(?P<split>train|val|valid|eval|test)(?:\w*)\b(?P<rest>[^=:\d]*)\W*$",
    re.IGNORECASE,
)
_SPLIT_WITHIN = re.compile(rf"(?<=\S)\s*[\[(<]\s*({SPLIT})\s*[\])>]\s*[:|-]?\s*(?=[A-Za-z])", re.IGNORECASE)
_SPLIT_BETWEEN = re.compile(
    rf"[\[(<]\s*(?:{SPLIT})\s*[\])>][\s,;/|]*(?:{NUMBER})\s?%?\s*[\[(<]\s*(?:{SPLIT})\s*[\])>]", re.IGNORECASE
)
_SPLIT_BEHIND = re.compile(rf"[\[(<]\s*(?:{SPLIT})\s*[\])>]\W*$", re.IGNORECASE)
_VALUE_OF_SPLIT = re.compile(
    rf"(?:\b(?P<name>{_METRIC})\s*[:=]?\s*|[,;/|]\s*|\s)(?P<value>(?:{NUMBER})(?:\s?%)?)\s*[\[(<]\s*(?P<split>{SPLIT})\s*[\])>]",
    re.IGNORECASE,
)
_AS_SHAPE = str.maketrans(dict.fromkeys("123456789", "0"))
_LONGEST_SHAPE = 400  # characters: thousands are kept
# What a program says beside its measurements: warnings and errors of Python, and sums of the whole, `Best val acc: 0.99 at step 350`
_PYTHONS = re.compile(r"(?:.*:\d+: \w*Warning: |\w*(?:Error|Exception): (?![\d.]))")
_SUM = re.compile(
    r"\W*(?:(?:new|saved|saving|reached)\s+)?(?:best|final|highest|lowest|early[ -]?stop\w*)\b", re.IGNORECASE
)
_RANK = re.compile(r"^\W*(?:local_)?(?:rank|default)[ :=_]{0,2}(?P<rank>\d+)\b", re.IGNORECASE)
_BOUND = re.compile(rf"{BOUND}(?:{NUMBER})\s?%?")
# `step 2OO`, `step l00`: a step as a reader of pictures has it
_MISREAD_STEP = re.compile(
    r"\b(?:step|iter|iteration|epoch)\b\W{0,3}(?:[OolISB]+\d[\dOolISB]*|\d+[OolISB][\dOolISB]*)\b", re.IGNORECASE
)
# asctime - level - package.module - , and Rust's crate::module:
_NAME_OF_LOGGER = re.compile(r"^[\s-]*-\s*[A-Za-z_]\w*(?:\.\w+)+\s+-\s|^\s*[a-z_]\w*(?:::\w+)+:\s(?=\s*[A-Za-z])")
_LEADING_NUMBER = re.compile(r"^\W*(?P<number>\d+)(?=\s*[\])|:,;\t]|\s+(?:-\s+)?[A-Za-z{]|\s?/\s?\d+\s*\[)")


def plain_line(line: str) -> str:
    """Return a line without clocks, levels and what a logger writes before it, its values as `name value`.

    >>> plain_line("2023/05/01 10:00:00 - mmengine - INFO - Epoch(val) [3][10/10]  accuracy/top1: 98.5").strip(" -")
    '[val] epoch 3 |  accuracy/top1: 98.5'
    >>> plain_line("step 1_000 Loss(train): 0.1, train/test acc 0.9/0.1")
    'step 1000 Loss train: 0.1,  | train acc 0.9 | test acc 0.1 | '
    >>> plain_line("loss 2 (train), 3 (val)")
    ' | train loss 2 |  | val loss 3 | '
    """
    line = _with_splits_before(_without_prefix(line))
    if len(line) >= _LONGEST_SHAPE:
        return _rewritten(line)
    first = 0
    while first < len(_REWRITTEN):
        first, line = _rewritten_once(line, first)
    return line


def _rewritten_once(line: str, first: int) -> tuple[int, str]:
    """Return the rule to go on with, and a line as the first rule from `first` on that changes it leaves it."""
    for k in _rules_of(line.translate(_AS_SHAPE)):
        _, pattern, plain = _REWRITTEN[k]
        if k >= first and (changed := pattern.sub(plain, line)) != line:
            return k + 1, changed  # which may hold what other rules look for
    return len(_REWRITTEN), line


@lru_cache(maxsize=4096)
def _rules_of(shape: str) -> Sequence[int]:
    """Return the rules of `_REWRITTEN` for lines of a shape, whose digits are zeros."""
    return [k for k, (guard, *_) in enumerate(_REWRITTEN) if guard.search(shape)]


def _rewritten(line: str) -> str:
    for guard, pattern, plain in _REWRITTEN:
        if guard.search(line):
            line = pattern.sub(plain, line)
    return line


def _without_prefix(line: str) -> str:
    for prefix in _PREFIXES:
        line = prefix.sub("", line)
    return _NAME_OF_LOGGER.sub(" ", LEVEL.sub(" ", CLOCK.sub(" ", line)))


def without_asides(lines: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Return the lines of one process that say what is measured, and notes on those of others.

    >>> without_asides(["step 1 loss 3", "[rank1] step 1 loss 2", "Best loss: 1 at step 9", "t.py:4: UserWarning: step 5"])
    (['step 1 loss 3', '[rank1] step 1 loss 2'], ('lines that sum up the whole are left out, such as Best loss: 1 at step 9',))
    """
    sums, others_than_sums = list[str](), list[str]()
    for line in lines:
        (sums if _SUM.match(line) else others_than_sums).append(line)
    kept = [line for line in others_than_sums if not (": " in line and _PYTHONS.match(line))]
    said = next((line.strip()[:40] for line in sums if re.search(r"\d", line)), "")
    notes = (f"lines that sum up the whole are left out, such as {said}",) if said else ()
    ranks = {int(found["rank"]) for line in kept if (found := _RANK.match(line))}
    if len(ranks) < 2:
        return kept, notes
    first = min(ranks)
    others = f"lines of {len(ranks) - 1} other processes are left out: those of rank {first} are read"
    return [line for line in kept if not (found := _RANK.match(line)) or int(found["rank"]) == first], (*notes, others)


def has_misread_step(line: str) -> bool:
    """Return True for a line whose step has letters among its digits: to which step its values belong is not known.

    >>> [has_misread_step(line) for line in ("step 2OO loss 3", "step 200 loss 3", "step size 2")]
    [True, False, False]
    """
    return _MISREAD_STEP.search(line) is not None


def misread_number(line: str) -> str:
    """Return a number of a line that has letters among its digits, as a reader of pictures writes it; empty where there is none.

    >>> misread_number("step 100 train_acc O.25"), misread_number("step 100 train_acc 0.25")
    ('O.25', '')
    """
    found = _MISREAD_NUMBER.search(line)
    return found[0] if found else ""


def without_a_value(line: str) -> tuple[str, ...]:
    """Return notes on what stands in a line where a number should.

    >>> without_a_value("step 100 train_acc O.25 val_acc < 0.01")
    ('numbers with letters among their digits are missing values, such as O.25', 'bounds are missing values, such as < 0.01')
    """
    bound = _BOUND.search(line)
    letters = "numbers with letters among their digits are missing values, such as"
    found = ((letters, misread_number(line)), ("bounds are missing values, such as", bound[0] if bound else ""))
    return tuple(f"{said} {what}" for said, what in found if what)


def _with_splits_before(line: str) -> str:
    """Return a line whose values have their split behind them, `loss 2 (train), 3 (val)`, with it before them; others as they are."""
    if not _SPLIT_BEHIND.search(line) and not _SPLIT_BETWEEN.search(line):
        return line
    found = list(_VALUE_OF_SPLIT.finditer(line))
    if not found or not found[0]["name"]:
        return line
    names = [found[0]["name"]]
    for each in found[1:]:
        names.append(each["name"] or names[-1])
    parts = [line[a:b] for a, b in pairwise([0, *(at for each in found for at in each.span()), len(line)])][::2]
    said = [f" | {each['split']} {name} {each['value']} | " for each, name in zip(found, names, strict=True)]
    return "".join(part + value for part, value in zip(parts, [*said, ""], strict=True))


def parts_by_split(text: str) -> list[tuple[str, str]]:
    """Return the parts of a line and the split that brackets say before each, empty before the first.

    >>> parts_by_split("Step 1: [Train] loss: 2 | acc: 0.5 || [Test] loss: 3 | acc: 0.1")
    [('', 'Step 1:'), ('Train', 'loss: 2 | acc: 0.5 ||'), ('Test', 'loss: 3 | acc: 0.1')]
    """
    first, *others = _SPLIT_WITHIN.split(text)
    return [("", first), *zip(others[::2], others[1::2], strict=True)]


def section_of(line: str) -> str:
    """Return the split that a line without a number says of the lines after it; empty where it says none.

    >>> [section_of(s) for s in ("--- Validation ---", "Evaluating on the test set...", "loss: 0.3", "Train | Test")]
    ['val', 'eval', '', '']
    """
    found = _SECTION.match(line)
    if found is None or len(found["rest"].split()) > 5:
        return ""
    words = [word for word in re.findall(r"[a-z]+", line.lower()) if split_word(word)]
    return found["split"].lower() if len({canonical_name(f"{word}_loss") for word in words}) < 2 else ""


def numbered_by_step(lines: Sequence[str]) -> list[str]:
    """Return lines whose first number is called their step, where these rise from line to line; none where they do not.

    >>> numbered_by_step(["[10] loss=2.3", "[20] loss=1.3", "[30] loss=0.3"])[0]
    'step 10 | ] loss=2.3'
    """
    found = [(line, _LEADING_NUMBER.match(line)) for line in map(_without_prefix, lines)]
    numbers = [int(match["number"]) for _, match in found if match]
    if len(set(numbers)) < 3 or numbers != sorted(numbers):
        return []
    return [f"step {match['number']} | {line[match.end() :]}" if match else line for line, match in found]


def split_word(word: str) -> str:
    """Return a word if it names a split of the data, else nothing."""
    return word if canonical_name(f"{word}_loss") and not canonical_name(word) else ""
