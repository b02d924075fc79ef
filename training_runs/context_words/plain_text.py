"""Descriptions in plain English words and signs: other languages' words, Greek letters, shares and powers as people write them."""

import difflib
import re
import unicodedata

# English -> words of other languages, lower case, without accents; German, French, Spanish, Portuguese, Italian, Russian, Chinese, Japanese.
_MEANT = {
    "learning rate": "lernrate|taux d'apprentissage|tasa de aprendizaje|taxa de aprendizado|tasso di apprendimento"
    "|скорость обучения|学习率|學習率|学習率",
    "weight decay": "gewichtszerfall|gewichtsabnahme|decroissance des poids|degradation des poids|decaimiento de pesos"
    "|decaimento (?:de|dos) pesos?|decadimento dei pesi|затухани[ея] весов|权重衰减|權重衰減|重み減衰",
    "batch size": "batchgro(?:ss|ß)e|batch-gro(?:ss|ß)e|(?:taille (?:de|du) )?(?:batch|lot) de(?= \\d)|taille (?:de|du) (?:batch|lot)|tamano (?:de|del) lote|tamanho do lote"
    "|размер батча|размер пакета|批大小|批量大小|批次大小|バッチサイズ",
    "full batch": "volle[rn]? batch|ganze[rn]? batch|batch complet|lote completo|全批量|フルバッチ",
    "modular addition": "modulare addition|addition modulaire|suma modular|adicao modular|somma modulare|модульное сложение|模加法|模加",
    "addition": "сложени[ея]|加法|加算|adicao|adicion|suma|somma",
    "modular subtraction": "modulare subtraktion|soustraction modulaire|resta modular|模减法|模减",
    "modular multiplication": "modulare multiplikation|multiplication modulaire|multiplicacion modular|模乘法|模乘",
    "modular division": "modulare division|division modulaire|模除法|模除",
    "train fraction": "trainingsanteil|训练比例|训练占比|доля обучения|学習割合",
    "training data": "trainingsdaten|donnees d.entrainement|datos de entrenamiento|dados de treino|训练数据|训练集|学習データ",
    "of the examples": "der beispiele|des exemples|de los ejemplos|dos exemplos",
    "of the data": "(?:der|aller) daten|des donnees(?: pour l.entrainement)?|de los datos|dos dados|dei dati|данных",
    "data": "数据|データ",
    "examples": "beispielen?|exemples|ejemplos|exemplos|esempi|примеров|样本|サンプル",
    "hidden dim": "隐藏维度|隠れ次元",
    "embedding dim": "嵌入维度|埋め込み次元",
    "hidden": "versteckten?|verdeckten?|cachees?|ocultas?|nascost[ie]|скрытых|隐藏",
    "layers": "schicht(?:en)?|couches?|capas?|camadas?|strati|слоя|слоев|слой(?:ный|ная)?|层|層",
    "units": "einheiten|neuronen|neurones|neuronas|neuronios|neuroni|нейронов|神经元",
    "momentum": "动量|動量|モーメンタム",
    "heads": "kopfen?|tetes?|cabezas?|cabecas?|голов[ыа]?|个头|ヘッド",
    "transformer": "transformador|transformeur|трансформер|トランスフォーマー",
    "optimizer": "optimierer|optimiseur|optimizador|otimizador|优化器|最適化",
    "width": "breite|largeur|宽度|幅",
    "steps": "schritten?|etapes|pasos|passos|шагов|步",
    "epochs": "epochen|epoques|epocas|эпох|轮",
    "without": "ohne|keine?n?|sans|senza|pas de|sin|sem|без|没有|无",
    "with": "mit|avec|com",
    "mod": "по модулю|模(?= ?\\d)",
    "and": "und|et|и",
    "%": "prozent|процентов",
}


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


_IN_ENGLISH = tuple(
    (re.compile(rf"(?<![A-Za-zа-я])(?:{_without_accents(words)})(?![A-Za-zа-я])", re.IGNORECASE), english)
    for english, words in _MEANT.items()
)
_SMALL = {"two": "zwei|deux|dos|dois|due|两|兩|二", "one": "eine[rnm]?|ein|une|un|una|uno|单"}
_COUNTS = tuple(
    (re.compile(rf"(?<![A-Za-z])(?:{words})[\s-]*(?=(?:hidden )?layers)", re.IGNORECASE), f"{number} ")
    for number, words in _SMALL.items()
)
_SAMPLES = r"(?:data(?:set)?|samples|examples|pairs|table|equations|images|points)"
_SHARES = {
    "half": 50,
    "one half": 50,
    "(?:a|one) third": 100 / 3,
    "two thirds": 200 / 3,
    "(?:a|one) quarter": 25,
    "three quarters": 75,
}
_SIGNS = str.maketrans(
    {"η": " lr ", "β": " beta", "×": "x", "·": "*", "≈": "~", "−": "-", "–": "-", "、": ", ", "。": ". "}
)
_MARKUP = tuple(
    (re.compile(pattern, re.MULTILINE), sign)
    for pattern, sign in {
        r"\\(?:times|cdot)\b": "*",
        r"\\eta\b": "lr",
        r"\\(?=[a-z])|\\[,;! ]|\$": "",
        r"^[ \t]*\|?[ \t]*([^\W\d][\w /-]*?)[ \t]*\|[ \t]*([^|\n]+?)[ \t]*\|?[ \t]*$": r"\1: \2",
        r"\bw/ ?(?!o\b)(?=\w)": "with ",
        r"(?<=[A-Za-z])[ \t]*(?:→|->)[ \t]*(?=\.?\d)": "=",
    }.items()
)
# A slip of the keyboard in the first of two words, `learing rate`, `wieght decay`.
_FIRST_OF_TWO = {"rate": "learning", "decay": "weight", "size": "batch"}


def plain_text(text: str) -> str:
    """Return a text in plain English words and signs, as far as its words are known.

    >>> plain_text("Modulare Addition mod 97, Transformer mit zwei Schichten, Lernrate 0,001")
    'modular addition mod 97, Transformer with two layers, learning rate 0.001'
    >>> plain_text("η=5·10⁻⁴, β₁=0.9, half of the pairs, wieght decay 1")
    ' lr =5e-4,  beta1=0.9, 50% of the pairs, weight decay 1'
    """
    text = in_english(_without_markup(text))
    text = re.sub(r"(?<=\d) ?(?:percent|per cent|pct)\b", "%", text)
    for words, percent in _SHARES.items():
        text = re.sub(
            rf"\b{words}(?: of)?(?= (?:the |all |all the )?{_SAMPLES}\b)",
            f"{percent:.6g}% of",
            text,
            flags=re.IGNORECASE,
        )
    text = re.sub(r"(\d(?:\.\d+)?) ?[*x] ?10 ?(?:(?:\^|\*\*) ?\{?([-+]?\d+)\}?|(-\d+))", r"\1e\2\3", text)
    text = re.sub(r"(?<![\w.^])10 ?(?:\^|\*\*) ?\{?([-+]?\d+)\}?", r"1e\1", text)
    text = re.sub(r"(?<![\d.,(\[])0,(\d+)(?!\d|,\d|\.)", r"0.\1", text)  # a decimal comma
    return re.sub(r"\b([A-Za-z]{5,9}) (rate|decay|size)\b", _corrected, text)


def _without_markup(text: str) -> str:
    """Return a text without the signs of LaTeX and of tables, and with the short signs of a chat in words.

    >>> _without_markup(r"$\\eta = 10^{-3}$"), _without_markup("| lr | 1e-3 |"), _without_markup("adam w/ wd 1, lr -> 0.1")
    ('lr = 10^{-3}', 'lr: 1e-3', 'adam with wd 1, lr=0.1')
    """
    for pattern, sign in _MARKUP:
        text = pattern.sub(sign, text)
    return text


def in_english(text: str) -> str:
    """Return a text with the known words of other languages in English, and Greek letters and powers in plain signs.

    >>> in_english("Lernrate"), in_english("权重衰减").strip(), in_english("x²+y²")
    ('learning rate', 'weight decay', 'x^2+y^2')
    """
    if not text.isascii():
        text = re.sub(r"([\d)A-Za-z])⁻([¹²³⁰-⁹]+)", r"\1^-\2", text).replace("²", "^2").replace("³", "^3")
        text = re.sub(r"(?<=10)(?=[⁰-⁹¹])", "^", text)
        text = re.sub(r"[のでを](?=\s*[A-Za-z\d])|(?<=[A-Za-z\d%])[のでを]", " ", text)
        text = re.sub(r"[为是は](?=\s*[\d.])", "=", text)
        text = unicodedata.normalize("NFKD", text.translate(_SIGNS))
        text = "".join(c for c in text if not unicodedata.combining(c))
    for pattern, english in (*_IN_ENGLISH, *_COUNTS):
        text = pattern.sub(f" {english} " if not text.isascii() else english, text)
    return re.sub(r"(?<=layers)[ ]?-(?=[ ]?[A-Z])", " ", text)  # Zwei-Schichten-Transformer


def _corrected(found: re.Match[str]) -> str:
    meant = _FIRST_OF_TWO[found[2]]
    is_near = (
        sorted(found[1].lower()) == sorted(meant)
        or difflib.SequenceMatcher(None, found[1].lower(), meant).ratio() > 0.8
    )
    return f"{meant} {found[2]}" if is_near else found[0]
