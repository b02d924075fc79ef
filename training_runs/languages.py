"""Words of names in other languages, as the English ones that they stand for: `Trainingsverlust`, `训练准确率`.

German, French, Spanish, Portuguese, Italian, Russian, Chinese, Japanese and Korean; of each only what is certain: French
`précision` and Spanish `precisión` may be accuracy or precision, and are asked for.
"""

import re
import unicodedata
from functools import lru_cache

_MEANT = {
    "step": "schritt schritte étape étapes pas paso pasos passo passos passi шаг шаги 步 步数 步數 ステップ ステップ数 스텝",
    "iteration": "iterationen itération itérations iteración iteraciones iteração iterações iterazione iterazioni"
    " итерация итерации 迭代 迭代次数 迭代步数 イテレーション 反復 반복",
    "epoch": "epoche epochen époque époques época épocas epoca эпоха эпохи 轮 轮次 轮数 エポック エポック数 에포크 에폭",
    "loss": "verlust perte pertes pérdida pérdidas perda perdas perdita потери потеря 损失 损失值 損失 損失値 손실",
    "accuracy": "genauigkeit genauigkeiten exactitude exactitud acurácia accuratezza точность"
    " 准确率 准确度 正确率 精度 準確率 正解率 정확도",
    "error_rate": "fehlerrate fehlerquote 错误率 誤差率",
    "train": "trainings entraînement apprentissage entrenamiento treino treinamento addestramento обучение обучения"
    " обучающая 训练 训练集 訓練 訓練集 学習 훈련 학습",
    "validation": "validierung validierungs validations validación validação validazione валидация валидации"
    " 验证 验证集 驗證 検証 검증",
    "test": "prueba teste тест 测试 测试集 測試 テスト 테스트",
    "mean": "mittlere mittlerer durchschnittliche moyenne 平均",
    "time": "zeit temps tiempo 时间 時間",
}
# English words that others are joined to: `Testverlust`, `val准确率`.
_ENGLISH = [
    "train",
    "training",
    "val",
    "valid",
    "validation",
    "test",
    "eval",
    "acc",
    "accuracy",
    "loss",
    "step",
    "epoch",
]


@lru_cache(maxsize=4096)
def without_accents(text: str) -> str:
    """Return a text in compatible characters, without what stands above and below its letters, and without `d'`.

    >>> without_accents("Étape"), without_accents("ｌｏｓｓ（L²）"), without_accents("perte d'entraînement")
    ('Etape', 'loss(L2)', 'perte entrainement')
    """
    text = re.sub(r"\b[dDlL]['\u2019](?=\w)", "", text)
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


_ENGLISH_OF = {without_accents(word).lower(): english for english, words in _MEANT.items() for word in words.split()}
_PIECES = sorted({*_ENGLISH_OF, *_ENGLISH}, key=len, reverse=True)


def in_english(word: str) -> str:
    """Return a word of a name, lower case and without accents, in English words joined by `_`; what is not known as it is.

    >>> in_english("trainingsgenauigkeit"), in_english("val准确率"), in_english("训练时长"), in_english("loss")
    ('train_accuracy', 'val_accuracy', '训练时长', 'loss')
    """
    if word in _ENGLISH_OF:
        return _ENGLISH_OF[word]
    pieces = _cover(word)
    if not any(piece in _ENGLISH_OF for piece in pieces):
        return word
    return "_".join(_ENGLISH_OF.get(piece, piece) for piece in pieces)


def _cover(word: str) -> list[str]:
    """Return the known pieces that a word consists of, the longest first; none where a part of it is not known."""
    pieces = []
    while word:
        piece = next((p for p in _PIECES if word.startswith(p)), None)
        if piece is None:
            return []
        pieces.append(piece)
        word = word[len(piece) :]
    return pieces
