"""Descriptions in plain English words and signs: other languages' words, Greek letters, shares and powers as people write them."""

import difflib
import re
import unicodedata
from functools import cache

from training_runs.context_words.number_words import in_digits

# English -> words of other languages, lower case, without accents; German, French, Spanish, Portuguese, Italian, Russian, Chinese, Japanese.
_MEANT = {
    "training samples": "训练样本数?|訓練サンプル数?|学習サンプル数?",
    "d_model": "modellbreite|modelldimension|模型维度|largeur du modele|dimension du modele",
    "learning rate": "pas de(?= ?\\d)|leersnelheid|학습률|wspołczynnik uczenia|ogrenme oranı|lernrate(?: von)?|taux d.apprentissage(?: de)?|pas d.apprentissage(?: de)?|tasa de aprendizaje(?: de)?|taxa de aprendizado(?: de)?|tasso di apprendimento(?: di)?"
    "|скорость обучения|学习率|學習率|学習率",
    "weight decay": "gewichtsabfall|gewichtsverval|가중치 감쇠|ağırlık azalması|agırlık azalması|gewichtszerfall|gewichtsabnahme|decroissance des? poids|degradation des poids|decaimiento de pesos"
    "|decaimento (?:de|dos) pesos?|decadimento dei pesi|затухани[ея] весов|权重衰减|權重衰減|重み減衰",
    "batch size": "rozmiar (?:partii|paczki)|batch boyutu|yığın boyutu|batchgrootte|stapelgro(?:ss|ß)e|배치 크기|batchgro(?:ss|ß)e|batch-gro(?:ss|ß)e|(?:taille (?:de|du) )?(?:batch|lots?|lotes?) de(?= \\d)|taille (?:de|du) (?:batch|lot)|tamano (?:de|del) lote|tamanho do lote"
    "|размер батча|батч(?= ?\\d)|размер пакета|批大小|批量(?:大小)?|批次大小|batch ?大小|バッチサイズ|バッチ(?= ?\\d)",
    "full batch": "volle[rn]? batches|volle[rn]? batch|ganze[rn]? batch|batch complet|lote completo|全批量|フルバッチ|全バッチ",
    "modular addition": "모듈러 덧셈|modulare addition|addition modulaire|suma modular|adicao modular|somma modulare|модульное сложение|模加法|模加",
    "addition": "сложени[ея]|加法|加算|足し算|adicao|adicion|suma|soma|somma|optelling|dodawani[ea]|toplama|덧셈",
    "subtraction": "вычитани[ея]|减法|減法|引き算|subtracao|sottrazione|aftrekking|odejmowani[ea]|cıkarma|뺄셈|subtraktion",
    "multiplication": "умножени[ея]|乘法|乗算|掛け算|multiplicacao|multiplicacion|moltiplicazione|mnozeni[ea]|carpma|곱셈|multiplikation",
    "division": "делени[ея]|除法|除算|割り算|divisao|divisione|dzieleni[ea]|bolme|나눗셈",
    "modular subtraction": "modulare subtraktion|soustraction modulaire|resta modular|模减法|模减",
    "modular multiplication": "modulare multiplikation|multiplication modulaire|multiplicacion modular|模乘法|模乘",
    "modular division": "modulare division|division modulaire|模除法|模除",
    "train fraction": "训练集(?:比例|占比)|trainingsanteil|egitim oranı|训练比例|训练占比|доля обучения|学習割合|訓練割合",
    "training data": "訓練データ|trainingsdaten|donnees d.entrainement|datos de entrenamiento|dados de treino|训练数据|训练集|学習データ",
    "of the examples": "der beispiele|des exemples|de los ejemplos|dos exemplos",
    "of the data": "(?:der|aller) (?:paare|tabelle)|des (?:paires|couples)|de los pares|dos pares|(?:всей )?таблицы|(?:всех )?пар(?=[ ,.;)]|$)|toutes les donnees|de todos los datos|(?:der|aller) daten|des donnees(?: pour l.entrainement)?|de los datos|dos dados|dei dati|данных",
    "data": "数据|データ|데이터의?",
    "examples": "beispielen?|exemples|ejemplos|exemplos|esempi|пример(?:ах|ов|а)|个?样本|サンプル|örnek|próbek",
    "hidden dim": "隐藏层?(?:大小|宽度|维度)|gizli boyut|隠れ次元",
    "embedding dim": "嵌入维度|埋め込み次元",
    "hidden": "versteckten?|verdeckten?|cachees?|ocultas?|nascost[ie]|скрытых|隐藏",
    "1 layer": "einschichtige[nrsm]?|einlagige[nrsm]?|однослойн\\w+|jednowarstwow\\w+",
    "2 layers": "zweischichtige[nrsm]?|zweilagige[nrsm]?|двухслойн\\w+|dwuwarstwow\\w+",
    "3 layers": "dreischichtige[nrsm]?|dreilagige[nrsm]?|трехслойн\\w+|trojwarstwow\\w+",
    "noisy": "verrauschte[nrsm]?|bruitees?|ruidosas?|зашумленных",
    "loss function": "损失函数|損失関数|손실 함수|funzione di perdita|fonction de perte|funcion de perdida|funcao de perda|verlustfunktion|функция потерь",
    "of": "每层",
    "layers": "katman(?:lı)?|warstwy?|레이어|층|层数|層数|schicht(?:en)?|couches?|capas?|camadas?|strati|слоя|слоев|слоем|слоями|слой(?:ный|ная)?|层|層",
    "units": "unites|unidades|unita|einheiten|neuronen|neurones|neuronas|neuronios|neuroni|нейронов|neuronow|个?神经元",
    "per batch": "par lot",
    "momentum": "моментом|моментум(?:ом)?|moment(?= ?\\d)|momento(?=\\s*(?:[\\d.,;)]|$))|动量|動量|モーメンタム",
    "heads": "个?注意力头|kopfen?|tetes?|cabezas?|cabecas?|голов[ыа]?|个头|ヘッド",
    "transformer": "트랜스포머|transformador|transformeur|трансформер|トランスフォーマー",
    "optimizer": "оптимизатор|optimierer|optimiseur|optimizador|otimizador|优化器|最適化",
    "width": "anchura|largura|larghezza|genislik|너비|breite|ширина|largeur|宽度|幅",
    "iterations": "iteraciones|iteracoes|iterazioni|iterationen|iteraties|итераци[ийя]|次?迭代|イテレーション|iteracji",
    "steps": "passi|(?<=\\d )pas(?=\\s*(?:[,.;)]|$))|шага?|ステップ|단계|stappen|krokow|adım|schritten?|etapes|pasos|passos|шагов|步",
    "epochs": "epochen|epoques|epocas|эпох|轮",
    "without": "不使用|不用|未使用|geen|bez|zonder|ohne|keine?n?|sans|senza|pas de|нет|sin|sem|без|没有|无",
    "with": "mit(?: je)?|avec|com|con(?= [a-z])",
    "decay": "(?:へ|に)?減衰",
    "mod": "модуль(?= ?\\d)|模数(?= ?\\d)|modul(?= \\d)|по модулю|模(?= ?\\d)",
    "and": "und|et|и",
    "%": "prozent|процентов|por ?ciento|pour ?cent",
    "off": "なし|無し",
    "dropout": "ドロップアウト|дропаута?|dropoutu|드롭아웃",
    "mean squared error": "perte quadratique|quadratischer fehler|error cuadratico(?: medio)?|均方误差|平均二乗誤差",
    "cross entropy": "kreuzentropie|entropie croisee|entropia cruzada|交叉熵|交差エントロピー|кросс-энтропи[яи]",
    "gradient descent": "gradientenabstieg|descente (?:de|du) gradient|descenso (?:de|del) gradiente|градиентный спуск|梯度下降|勾配降下法?",
    "half": "(?:die )?halfte|(?:la )?moitie|(?:la )?mitad|metade|meta(?= (?:dei|of))|половина|половину|一半|半分",
    "1/3": "(?:ein|einem) drittel|un tiers|un tercio|um terco|un terzo|треть|三分之一",
    "1/4": "(?:ein|einem) viertel|un quart|un cuarto|um quarto|un quarto|четверть|四分之一",
    "or": "ni|oder",
    "regularization": "regularizacao|regularizacion|regularisierung|regolarizzazione|регуляризации|正则化|正則化",
    "train on": "обуча\\w+ на|entraine sur|addestrat[oi] sul|entrenado con",
    "for training": "zum (?:trainieren|training)|pour l.entrainement|para entrenar|para treino|для обучения",
    "previously": "letzten? woche|gestern|la semaine derniere|la semana pasada|ayer|ontem|ieri|вчера|昨天|上次|昨日|어제|vorher|zuvor|fruher|auparavant|antes|anteriormente|之前|以前は?|раньше",
    "now": "heute|diese woche|aujourd'hui|pour l'instant|cette semaine|esta semana|hoy|hoje|oggi|сегодня|今天|今日は?|오늘|jetzt|maintenant|ahora|agora|adesso|现在|今は|теперь|сейчас",
    "maybe": "vielleicht|spater|peut-etre|plus tard|quizas?|talvez|mas tarde|forse|也许|可能|以后会?|之后会?|多分|後で|позже|возможно",
    "instead of": "statt|anstelle von|au lieu d.|en lugar de|em vez de|invece di|而不是|вместо",
    "for testing": "zum testen|pour le test|para prueba",
    "are noisy": "sind verrauscht|sont bruitees|зашумлены",
    "images": "bilder[n]?|imagenes|imagens|изображений",
    "thousand": "tysi[ae]c[ey]?|tausend|mille|mil(?= (?:pasos|passos|steps))|тысяч[иа]?|тыс\\.?",
    "million": "millionen|millones|milioni|миллиона?|миллионов",
}


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


_PARTICLES = _without_accents("는|은|이|가|을|를")  # of Korean, behind a word
# Words of letters stand alone; those of Chinese, Japanese and Korean have no blanks around them.
_UNSPACED = r"\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af"
_BEGINS = r"(?:(?=[^\x00-\u04ff])|(?<![A-Za-zа-я]))"
_ENDS = r"(?:(?<=[^\x00-\u04ff])|(?![A-Za-zа-я]))"
_HAVE_A_VALUE = {"learning rate", "weight decay", "batch size", "width", "d_model", "momentum", "hidden dim", "dropout"}
_OF = r"(?:(?<=[^\W\d_])\s(?:de|di|da|von|van|du)(?=\s[\d.]))?"  # `décroissance des poids de 1`
_SMALL = {
    "three": "drei|trois|tres|tre|drie|trzy|uc|три|трех|тремя|三",
    "two": "zwei|deux|dos|dois|duas|due|twee|dwie|dwa|iki|два|две|двух|двумя|两|兩|二",
    "one": "eine[rnm]?|ein|une|un|una|uno|um|uma|een|tek|jedn[aą]|одним|одной|одного|单|単",
}
_SAMPLES = r"(?:data(?:set)?|samples|examples|pairs|table|equations|images|imgs|points)"
_OF_OPERATION = (
    "addition |subtraction |multiplication |division |modular |Cayley |full |entire |whole |available |MNIST "
)
_SHARE = re.compile(
    rf"(?<![\w/.-])(?:(?P<above>[1-9])/(?P<below>[1-9]\d?)|(?:one )?half|a (?P<word>third|quarter))(?: of)?(?= (?:the |all |all the |its |our |possible |\d[\d,]* |{_OF_OPERATION})*{_SAMPLES}\b| (?:(?:is|are|was|were) )?(?:used )?(?:for|in) (?:the )?train)",
    re.IGNORECASE,
)
_RUN_NAME = re.compile(r"(?<!\S)[A-Za-z][\w.+=/-]{4,120}(?!\S)")
_SETTING = re.compile(r"(?<![A-Za-z\d.])(?:lr|wd|bs|p|mod|frac|d|dim|width|layers?|dropout)=?\.?\d")
_SIGNS = str.maketrans(
    {
        "η": " lr ",
        "β": " beta",
        "×": "x",
        "·": "*",
        "≈": "~",
        "−": "-",
        "–": "-",
        "、": ", ",
        "。": ". ",
        "，": ", ",
        "；": "; ",
        "：": ": ",
    }
)
_MARKUP = tuple(
    (re.compile(pattern, re.MULTILINE), sign)
    for pattern, sign in {
        r"\bDense\(\s*(\d+)\s*(?:=>|,)\s*(?=\d)": r"Linear(\1, ",  # of Flux: inputs and outputs
        r"\b\w+\.add\(((?:\w+\.)*[A-Z]\w*\((?:[^()]|\([^()]*\))*\))\)": r"\1",  # of Keras: model.add(Dense(128))
        r"""['"]([A-Z][A-Za-z0-9]{3,40})['"]\s*,\s*(?=\.?\d)""": r"\1=",  # of MATLAB: 'InitialLearnRate', 0.001
        r"~~[^~\n]*~~|<(?P<cut>del|s|strike)>.*?</(?P=cut)>": "",
        # Of XML, not of a page: `<lr>0.001</lr>`.
        r"<(?!(?:td|th|tr|li|p|b|i|em|code|strong|span|div)>)([A-Za-z_][\w.-]*)>\s*(\w[\w.+-]*)\s*</\1>": r"\1: \2; ",
        r"\*\*(?=[A-Za-z])([^*\n]*[\w:.])\*\*": r"\1",
        r"`+([^`\n]*)`+": r"\1",
        r"(?<=: )(?:!!?|&)\w+[ ]+(?=\S)": "",  # tags and names of YAML
        r"(?<=\d[Ll] )tf\b|(?<=layer )tf\b": "transformer",
        r"^[ \t]*[*\u2022\u00b7\u25aa\u2023][ \t]+": "",  # of a list
        r"\\(?:hline|toprule|midrule|bottomrule)\b": "\n",
        r"\\\\": "\n",
        r"^[ \t]*([^&\n]+?)[ \t]*&[ \t]*([^&\n]+?)[ \t]*$": r"\1: \2",
        r"(?<=\d)[ \t]*=>[ \t]*(?=\.?\d)": " -> ",
        r"""(?<=[{,(\s])['"]([A-Za-z_][\w.]*)['"][ \t]*:""": r"\1:",
        r"[ \t]*(?::=|=>|<-(?=[ \t]|\.?\d))[ \t]*": "=",
        r"(?<=\w) ?\.{3,} ?(?=\.?\d)": ": ",
        # What a field's type is: `lr: float = 1e-3`.
        r"\b(\w+)[ \t]*:[ \t]*(?:int|float|str|bool|double|number|string|usize|[fiu](?:32|64)|Optional\[\w+\])(?:[ \t]*\|[ \t]*None)?[ \t]*=(?!=)": r"\1 =",
        r"(?<!\S)\+{1,2}(?=[A-Za-z][\w.]*=)": "",  # Hydra's
        r"\b[Ww]\.? (?=(?:an? |the )?(?:lr|wd|weight|learning|beta|[Aa]dam|SGD|sgd))": "with ",
        r"\\(?:times|cdot)\b": "*",
        r"\\(?:text|texttt|textbf|textit|mathrm|mathit|mathbf|operatorname)\{([^{}]*)\}": r"\1",
        r"(?<=\d)e\{(-?\d+)\}": r"e\1",
        r"\\eta_\{?0\}?(?=\W)": "lr",
        r"\\eta\b": "lr",
        r"\\(?=[a-z])|\\[,;! ]|\$": "",
        r"^[ \t]*\|?[ \t]*([^\W\d][\w /-]*?)(?:(?<=\d)[ \t]+|(?<!\d)[ \t]*)\|[ \t]*([^|\n]+?)[ \t]*\|?[ \t]*$": r"\1: \2",
        r"\b([Ww])arm[ -]up\b": r"\1armup",
        # What an equation is of: `a ∘ b = a + b`.
        r"\b[a-z]\s*(?:[∘◦⋆⊕]|\\?(?:circ|star|oplus)\b)\s*[a-z]\s*(?::=|=)\s*": "",
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
    ' lr =5e-4, beta1=0.9, 50% of the pairs, weight decay 1'
    >>> plain_text("mod97_lr1e-3_wd1")
    'mod97, lr1e-3, wd1'
    """
    if text.count(" // ") > 1:
        text = text.replace(" // ", ", ")
    signs = _in_plain_signs(_without_markup(_RUN_NAME.sub(_parted, text)))
    text = _in_english_words(signs)
    is_foreign = text != signs and re.search(rf"[{_UNSPACED}]", signs) is None
    text = re.sub(r"(?<=\d) ?(?:percent|per cent|pct)\b", "%", in_digits(text))
    text = _SHARE.sub(_in_percent, text)
    text = re.sub(r"(\d(?:\.\d+)?) ?[*x] ?10 ?(?:(?:\^|\*\*) ?\{?([-+]?\d+)\}?|(-\d+))", r"\1e\2\3", text)
    text = re.sub(
        r"(?<![\w.^])10 ?(?:\^|\*\*) ?\{?([-+]?\d\.\d+)\}?", lambda found: f"{10 ** float(found[1]):.6g}", text
    )
    text = re.sub(
        r"(?<![\w.^)])(\d{2,4}) ?(?:\^|\*\*) ?2(?= (?:possible |distinct |total )?(?:pairs|examples|samples|equations|entries)\b)",
        lambda found: str(int(found[1]) ** 2),
        text,
    )
    text = re.sub(r"(?<![\w.^])10 ?(?:\^|\*\*) ?\{?([-+]?\d+)\}?", r"1e\1", text)
    has_decimal_comma = is_foreign or re.search(r"(?<![\d.,(\[])0,\d", text)
    if has_decimal_comma and not re.search(r"\d\.\d", text):
        text = re.sub(r"(?<![\d.,(\[])(\d{1,2}),(\d{1,2})(?!\d|,\d|\.\d)", r"\1.\2", text)
    text = re.sub(r"(?<![\d.,(\[])0,(\d+)(?!\d|,\d|\.\d)", r"0.\1", text)
    text = re.sub(
        r"(?<![\w.*])(\d{2,4}) ?[*x] ?(\d{2,4})(?= (?:possible |distinct |total |input )?(?:pairs|examples|samples|equations|entries)\b)",
        lambda found: str(int(found[1]) * int(found[2])),
        text,
    )
    text = re.sub(r"\btr[a-z]{6,11}\b", _transformer, text, flags=re.IGNORECASE)
    return re.sub(r"\b([A-Za-z]{5,9}) (rate|decay|size)\b", _corrected, text)


def _parted(found: re.Match[str]) -> str:
    """Return the parts of a run's name that holds settings, `mod97_lr1e-3_wd1`, one by one."""
    is_of_settings = len(_SETTING.findall(found[0])) > 1
    return re.sub(r"[_/]|(?<![eE])-", ", ", found[0]) if is_of_settings else found[0]


def _in_percent(found: re.Match[str]) -> str:
    below = {"third": 3, "quarter": 4}.get((found["word"] or "").lower()) or int(found["below"] or 2)
    of = "" if re.match(r" (?:for|in|is|are|was|were|used) ", found.string[found.end() :]) else " of"
    return f"{100 * int(found['above'] or 1) / below:.6g}%{of}"


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
    return _in_english_words(_in_plain_signs(text))


def _in_plain_signs(text: str) -> str:
    if not text.isascii():
        text = re.sub(r"(?<=[^\W\d])\s+à(?=\s+[\d.])", " of", text)
        text = re.sub(r"(?<=\d)\s*(?:から|에서)\s*(?=[\d.])", " -> ", text)
        text = re.sub(r"([\d)A-Za-z])⁻([¹²³⁰-⁹]+)", r"\1^-\2", text)
        text = re.sub(r"(?<![-⁰-⁹¹²³])(?=[²³])|(?<=10)(?=[⁰-⁹¹])", "^", text)
        text = re.sub(r"(?:は全体の|占)(?=\s*[\d.])", " ", text)
        text = re.sub(rf"(?<=[{_UNSPACED}])(?=\d)|(?<=\d)(?=[{_UNSPACED}])", " ", text)
        text = re.sub(r"[のでを](?=\s*[A-Za-z\d])|(?<=[A-Za-z\d%])\s?[のでを]", " ", text)
        text = re.sub(r"(?<=[A-Za-z\d%])(?:는|은|이|가|을|를|으로)(?=[\s,.=:])", " ", text)
        text = re.sub(r"η[₀0]", "η", text)
        text = re.sub(r"(?:设(?:置|定)?)?[为是成](?=\s*[\d.])|は(?=\s*[\d.])", "=", text)
        text = re.sub(r"取(?=\s*[\d.])", " ", text)
        text = re.sub(rf"(?<=[A-Za-z])(?=[{_UNSPACED}])|(?<=[{_UNSPACED}])(?=[A-Za-z])", " ", text)
        text = re.sub(r"(?<=\d)\s*([千万萬])", lambda found: "000" if found[1] == "千" else "0000", text)
        text = unicodedata.normalize("NFKD", text.translate(_SIGNS))
        text = "".join(c for c in text if not unicodedata.combining(c))
    return text


def _in_english_words(text: str) -> str:
    for pattern, english in _foreign_words():
        text = pattern.sub(f" {english} " if not text.isascii() else english, text)
    text = re.sub(rf"(?<=[A-Za-z])\s*(?:{_PARTICLES})(?=[\s,.=:])", " ", text)
    text = re.sub(r"(?<=\S)  +(?=\S)", " ", text)
    text = text.replace("layers hidden", "hidden layers")  # couches cachées
    text = re.sub(r"(?<=layers) ?(?:de|da|di|por|по)(?= ?\d)", " of", text)
    return re.sub(r"(?<=layers)[ ]?-(?=[ ]?[A-Z])", " ", text)  # Zwei-Schichten-Transformer


@cache
def _foreign_words() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return patterns of the words of other languages, and the English for each; made when a text first asks for them."""
    words = {
        rf"{_BEGINS}(?:{_without_accents(words)}){_ENDS}{_OF if english in _HAVE_A_VALUE else ''}": english
        for english, words in _MEANT.items()
    }
    counts = {rf"(?<![A-Za-z])(?:{words})[\s-]*(?=(?:hidden\s+)?layers)": f"{n} " for n, words in _SMALL.items()}
    return tuple((re.compile(pattern, re.IGNORECASE), english) for pattern, english in (words | counts).items())


def _corrected(found: re.Match[str]) -> str:
    meant = _FIRST_OF_TWO[found[2]]
    is_near = (
        sorted(found[1].lower()) == sorted(meant)
        or difflib.SequenceMatcher(None, found[1].lower(), meant).ratio() > 0.8
    )
    return f"{meant} {found[2]}" if is_near else found[0]


def _transformer(found: re.Match[str]) -> str:
    meant = "transformer"
    is_near = difflib.SequenceMatcher(None, found[0].lower(), meant).ratio() > 0.94
    return meant if is_near and not found[0].lower().startswith(meant) else found[0]
