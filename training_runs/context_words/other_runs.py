"""What a text says of other runs than the one it describes: former ones, plans, other people's, doubts."""

import re

_RUNS = r"(?:runs?|experiments?|attempts?|models?|versions?|setups?|settings?|config\w*|trials?|tries|try)"
_USING = r"(?:was|were|is|are|has|have|had|uses?|used|says|said|sets?)"
_FORMER = rf"(?:(?:in|with) )?(?:(?:the|my|our|an?) )?(?:previous|prior|earlier|former|old) {_RUNS}|previously|originally|before:|used to (?:be|have|use)|(?:^|(?<=[.;!?]\s))(?:yesterday|last (?:week|month|night|time|year))|(?:yesterday|last (?:week|month|night|time|year))(?= (?:I|we|it|the|my|was|with)\b)"
_OTHERS = (
    rf"(?:other|others'|(?:somebody|someone) else's|(?:my |our |an? )?(?:friend|colleague|co-?author|labmate|collaborator|co-?worker|supervisor|advisor)'s) {_RUNS}|(?:others|people|they|he|she|the authors|everyone|everybody) (?:\w+ )?(?:use|take|took|had|set)s?d?\b"
    r"|(?!I |we )\w+ used (?=[^\n]*[;,.] ?(?:but )?(?:mine|ours)\b)|"
    rf"unlike(?!ly)|in contrast (?:to|with)|compared (?:to|with)|as opposed to|the (?:original|(?:original )?paper)(?: \w+)? {_USING}"
    rf"|(?:the )?baselines?(?::| {_USING}| runs?\b)|(?:the )?teacher(?::| {_USING}| network {_USING})|(?:\w+ )?default (?:\w+ ){{0,2}}(?:is|of|was)(?=[^.;\n]*\b(?:mine|ours)\b)"
)
_CHANGES = "add|introduce|try|test|bump|increase|raise|lower|reduce|switch|change|go"
_PLANS = (
    rf"(?:later|next|tomorrow|soon|next (?:week|time))(?: on)?,? (?:I|we)(?:'ll)? |(?:I|we)(?:'d| would) (?:like|love|want) to|(?:I|we)(?:'ll| may) (?:\w+ )?(?:{_CHANGES})\b|(?:plan(?:s|ned|ning)? to|will|going to|want to|intend to) (?:\w+ )?(?:{_CHANGES})\b"
    rf"|to-?do\b|should (?:I|we)|what if|if (?:I|we) (?:set|had|used|{_CHANGES})\w*|would (?=[^.;\n]*\b(?:help|be better|work)\b)"
)
_DOUBTS = (
    rf"I wish|(?:has|did|do|does) (?:anyone|anybody|people)\b|maybe|perhaps|(?:might|could) (?:\w+ )?(?:{_CHANGES}|be)"
)
_REPLACED = r"instead of|rather than|(?<!are )(?<!is )(?<!was )(?<!were )(?:replac(?:ed|es?|ing)|swapped)(?=.{1,60}\b(?:by|with|for)\b)|(?:switched|changed|moved|went) from"
# Where the run itself is spoken of again.
_AGAIN = (
    r"\b(?:but|now|currently|this (?:time|one|run|week|month|log)|today|at the moment|here|mine|ours|while|whereas|after:|the student|student:"
    r"|(?:changed|switched|raised|lowered|reduced|increased|set) to|the (?:present|current|new|run)\b)|, ?(?:I|we|our|my|so)\b"
)
_STOP = r"(?<!\bal)\.(?=\s|$)|[;?!)\n]|$"
_OTHER_RUN = re.compile(
    rf"\b(?:(?:{_FORMER})[^\n:]{{0,40}}:\n(?:(?!\w[^\n]*:$).*(?:\n|$))+"
    rf"|(?:(?:in|with) )?(?:the|my|our) last {_RUNS}(?:[^.;\n]|\.(?=\d)){{0,200}}?(?={_AGAIN})"
    rf"|(?:[^.;,()\n]|\.(?=\d)){{1,60}}\d(?:[^.;,()\n]|\.(?=\d)){{0,20}}(?<!\bas) (?:previously|before|earlier|yesterday|last (?:week|month|time|year))(?=\s*[.;,)]|$)"
    rf"|(?:{_FORMER}|{_OTHERS}|{_PLANS}).{{0,300}}?(?={_STOP}|{_AGAIN})"
    rf"|(?:{_DOUBTS}).{{0,100}}?(?={_STOP}|{_AGAIN}|,)"
    rf"|(?:{_REPLACED}).{{0,100}}?(?={_STOP}|{_AGAIN}|,|\b(?:by|with|to|for|I|we)\b))",
    re.IGNORECASE | re.MULTILINE,
)
_CODE_COMMENT = re.compile(r"^[ \t]*(?:#|//)[ \t]*[\w.]+[ \t]*[=:][ \t]*[\w.+-]+[ \t]*$", re.MULTILINE)
_CODE = re.compile(r"^[ \t]*[\w.]+[ \t]*[=:][ \t]*\S", re.MULTILINE)


def without_other_runs(text: str) -> tuple[str, list[str]]:
    """Return a text without what it says of other runs, and what that is.

    >>> without_other_runs("unlike Power et al. who used wd 1, I use wd 0.1; maybe dropout 0.1 would help")
    (' ; , I use wd 0.1;  ; ', ['unlike Power et al. who used wd 1', 'maybe dropout 0.1 would help'])
    """
    found: list[str] = []

    def take(match: re.Match[str]) -> str:
        if not any(c.isalnum() for c in match[0]):
            return match[0]
        found.append(" ".join(match[0].split()))
        return " ; "

    if _CODE.search(text):
        text = _CODE_COMMENT.sub(take, text)  # a line of code that does not run
    return _OTHER_RUN.sub(take, text), found
