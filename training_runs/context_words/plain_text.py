"""Descriptions in plain English words and signs: other languages' words, Greek letters, shares and powers as people write them."""

import difflib
import re
import unicodedata

# English -> words of other languages, lower case, without accents; German, French, Spanish, Portuguese, Italian, Russian, Chinese, Japanese.
_MEANT = {
    "learning rate": "lernrate|taux d'apprentissage|tasa de aprendizaje|taxa de aprendizado|tasso di apprendimento"
    "|скорость обучения|学习率|學習率|学習率",
    "weight decay": "gewichtszerfall|gewichtsabnahme|decroissance des poids|degradation des poids|decaimiento de pesos"
    "|decaimento de pesos|затухание весов|权重衰减|權重衰減|重み減衰",
    "batch size": "batchgro(?:ss|ß)e|batch-gro(?:ss|ß)e|taille (?:de|du) (?:batch|lot)|tamano de lote|批大小|批量大小|批次大小|バッチサイズ",
    "modular addition": "modulare addition|addition modulaire|suma modular|模加法|模加",
    "modular subtraction": "modulare subtraktion|soustraction modulaire|resta modular|模减法|模减",
    "modular multiplication": "modulare multiplikation|multiplication modulaire|multiplicacion modular|模乘法|模乘",
    "modular division": "modulare division|division modulaire|模除法|模除",
    "training data": "trainingsdaten|donnees d'entrainement|datos de entrenamiento|训练数据|训练集|学習データ",
    "hidden": "versteckten?|cachees?|ocultas?|隐藏",
    "layers": "schichten?|couches?|capas?|camadas?|слоя|слоев|слой|层|層",
    "units": "einheiten|neuronen|neurones|neuronas|神经元",
    "optimizer": "optimierer|optimiseur|optimizador|otimizador|优化器|最適化",
    "width": "breite|largeur|宽度|幅",
    "steps": "schritten?|etapes|pasos|passos|шагов|步",
    "epochs": "epochen|epoques|epocas|эпох|轮",
    "without": "ohne|keine?n?|sans|pas de|sin|sem|без|没有|无",
    "with": "mit|avec",
    "%": "prozent|процентов",
}
_IN_ENGLISH = tuple(
    (re.compile(rf"(?<![A-Za-z])(?:{words})(?![A-Za-z])", re.IGNORECASE), english) for english, words in _MEANT.items()
)
_SMALL = {"two": "zwei|deux|dos|dois|due|两|兩|二", "one": "eine[rnm]?|ein|une|un|una|uno|单"}
_COUNTS = tuple(
    (re.compile(rf"(?<![A-Za-z])(?:{words})\s*(?=(?:hidden )?layers)", re.IGNORECASE), f"{number} ")
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
# A slip of the keyboard in the first of two words, `learing rate`, `wieght decay`.
_FIRST_OF_TWO = {"rate": "learning", "decay": "weight"}


def plain_text(text: str) -> str:
    """Return a text in plain English words and signs, as far as its words are known.

    >>> plain_text("Modulare Addition mod 97, Transformer mit zwei Schichten, Lernrate 0,001")
    'modular addition mod 97, Transformer with two layers, learning rate 0.001'
    >>> plain_text("η=5·10⁻⁴, β₁=0.9, half of the pairs, wieght decay 1")
    ' lr =5e-4,  beta1=0.9, 50% of the pairs, weight decay 1'
    """
    text = in_english(text)
    text = re.sub(r"(?<=\d) ?(?:percent|per cent|pct)\b", "%", text)
    for words, percent in _SHARES.items():
        text = re.sub(
            rf"\b{words}(?: of)?(?= (?:the |all |all the )?{_SAMPLES}\b)",
            f"{percent:.6g}% of",
            text,
            flags=re.IGNORECASE,
        )
    text = re.sub(r"(\d(?:\.\d+)?) ?[*x] ?10 ?(?:(?:\^|\*\*) ?\{?([-+]?\d+)\}?|(-\d+))", r"\1e\2\3", text)
    text = re.sub(r"(?<![\d.,(\[])0,(\d+)(?!\d|,\d|\.)", r"0.\1", text)  # a decimal comma
    return re.sub(r"\b([A-Za-z]{5,9}) (rate|decay)\b", _corrected, text)


def in_english(text: str) -> str:
    """Return a text with the known words of other languages in English, and Greek letters and powers in plain signs.

    >>> in_english("Lernrate"), in_english("权重衰减").strip(), in_english("x²+y²")
    ('learning rate', 'weight decay', 'x^2+y^2')
    """
    if not text.isascii():
        text = re.sub(r"([\d)A-Za-z])⁻([¹²³⁰-⁹]+)", r"\1^-\2", text).replace("²", "^2").replace("³", "^3")
        text = re.sub(r"(?<=10)(?=[⁰-⁹¹])", "^", text)
        text = re.sub(r"[为是は](?=\s*[\d.])", "=", text)
        text = unicodedata.normalize("NFKD", text.translate(_SIGNS))
        text = "".join(c for c in text if not unicodedata.combining(c))
    for pattern, english in (*_IN_ENGLISH, *_COUNTS):
        text = pattern.sub(f" {english} " if not text.isascii() else english, text)
    return text


def _corrected(found: re.Match[str]) -> str:
    meant = _FIRST_OF_TWO[found[2]]
    is_near = difflib.SequenceMatcher(None, found[1].lower(), meant).ratio() > 0.8
    return f"{meant} {found[2]}" if is_near else found[0]
