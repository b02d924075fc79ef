"""Other people's words for what a context says in one: families of tasks, operations, networks, optimisers, losses."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

Words = Mapping[str, tuple[str, ...]]

# Value -> phrases that mean it, in lower case with underscores between words.
_OPTIMIZERS: Words = {
    "adamw": ("adamw", "adam_w", "adamw8bit", "adamwscale", "decoupled_adam")
    + ("adam_with_decoupled_weight_decay", "adam_decoupled_weight_decay"),
    "adam": ("adam",),
    "sgd": ("sgd", "stochastic_gradient_descent", "gradient_descent", "gd", "momentum_sgd", "sgdm"),
    "rmsprop": ("rmsprop", "rms_prop"),
    "muon": ("muon",),
    "lion": ("lion",),
}
_OTHER_OPTIMIZERS = (
    "adagrad",
    "adadelta",
    "adamax",
    "nadam",
    "radam",
    "adafactor",
    "lamb",
    "lars",
    "sophia",
    "sophiag",
    "shampoo",
    "soap",
    "lbfgs",
    "rprop",
    "asgd",
    "adan",
    "sparseadam",
    "adabelief",
    "grokfast",
    "prodigy",
)
_ARCHITECTURES: Words = {
    "embedding_mlp": ("embedding_mlp", "mlp_with_embedding", "mlp_with_embeddings", "embed_mlp", "embmlp", "emb_mlp"),
    "transformer": ("transformer", "transformers", "gpt", "gpt2", "nanogpt", "mingpt", "gptneo", "gpt_neox", "decoder")
    + ("decoder_only", "llama", "bert", "roberta", "trafo", "xformer", "attention_only", "attn_only", "self_attention")
    + ("pythia", "opt"),
    "mlp": ("mlp", "mlps", "feedforward", "feed_forward", "ffn", "ffnn", "fnn", "fully_connected", "fcn", "fc", "dense")
    + ("multilayer_perceptron", "multi_layer_perceptron", "perceptron"),
    "lstm": ("lstm",),
}
_OTHER_ARCHITECTURES = (
    "cnn",
    "convnet",
    "conv",
    "conv1d",
    "conv2d",
    "convolutional",
    "lenet",
    "alexnet",
    "resnet",
    "vgg",
    "densenet",
    "unet",
    "vit",
    "swin",
    "rnn",
    "gru",
    "mamba",
    "ssm",
    "s4",
    "rwkv",
    "kan",
    "gnn",
    "gcn",
    "linear",
    "linear_model",
    "logistic_regression",
    "vision_transformer",
    "random_forest",
    "svm",
    "autoencoder",
    "vae",
    "diffusion",
    "efficientnet",
    "mixer",
    "convolutional_neural_network",
    "recurrent_neural_network",
)
_LOSSES: Words = {
    "cross_entropy": ("cross_entropy", "crossentropy", "ce", "xent", "nll", "softmax", "categorical_crossentropy")
    + ("sparse_categorical_crossentropy", "negative_log_likelihood", "log_loss", "logloss", "cel", "celoss", "nllloss")
    + ("crossentropyloss", "cross_entropy_loss", "x_entropy"),
    "mse": ("mse", "mseloss", "l2", "l2_loss", "mean_squared_error", "mean_square_error", "squared_error", "quadratic")
    + ("squared", "square", "least_squares", "sum_of_squares", "l2loss"),
}
_OTHER_LOSSES = (
    "bce",
    "bceloss",
    "bcewithlogits",
    "binary_cross_entropy",
    "binary_crossentropy",
    "hinge",
    "mae",
    "l1",
    "l1loss",
    "l1_loss",
    "smooth_l1",
    "mean_absolute_error",
    "huber",
    "focal",
    "kl",
    "kl_div",
    "kl_divergence",
    "kldiv",
    "contrastive",
    "triplet",
    "ctc",
    "infonce",
    "poisson",
    "cosine",
    "logistic",
    "stablemax",
)
_FAMILIES: Words = {
    "modular": ("modular", "modular_arithmetic", "mod", "modulo", "modadd", "mod_arithmetic", "modulus", "zp", "z_p"),
    "polynomials": ("polynomials", "modular_polynomials", "modular_polynomial"),
    "permutation": ("permutation", "permutations", "s5", "s_5", "permutation_composition", "permutation_group")
    + ("s5_group", "group_s5", "s5_composition", "s_5_group"),
    "groups": (
        "groups",
        "group",
        "group_composition",
        "group_multiplication",
        "finite_groups",
        "dihedral",
        "quaternion",
    ),
    "parity": ("parity", "sparse_parity", "k_parity", "sparse_parities", "nk_parity"),
    "clusters": ("clusters", "xor_clusters", "xor_cluster", "gaussian_clusters", "cluster", "gaussian_mixture"),
    "teacher": ("teacher", "teacher_student", "teachers_classes"),
    "mnist": ("mnist", "mnist_digits", "mnist_handwritten_digits"),
    "digits": ("digits", "sklearn_digits", "load_digits", "optdigits"),
    "reviews": ("reviews", "imdb", "movie_reviews", "imdb_reviews", "aclimdb"),
}
_OTHER_FAMILIES = (
    "fashion_mnist",
    "fashionmnist",
    "fmnist",
    "kmnist",
    "emnist",
    "cifar",
    "cifar10",
    "cifar100",
    "imagenet",
    "svhn",
    "celeba",
    "language",
    "language_model",
    "language_modeling",
    "language_modelling",
    "text",
    "wikitext",
    "tinystories",
    "shakespeare",
    "openwebtext",
    "c4",
    "the_pile",
    "translation",
    "sst2",
    "glue",
    "tabular",
    "regression",
    "graph",
    "graphs",
    "reinforcement_learning",
    "rl",
    "speech",
    "audio",
    "polynomial_regression",
    "knowledge_graph",
    "in_context_learning",
    "dyck",
    "sorting",
)
# Names of the modular operations, without spaces, powers as carets.
_OPERATIONS: Words = {
    "add": ("add", "addition", "plus", "sum", "+", "x+y", "a+b", "modadd", "adding"),
    "sub": ("sub", "subtraction", "subtract", "minus", "-", "x-y", "a-b", "difference"),
    "mul": ("mul", "multiplication", "multiply", "product", "times", "*", "x*y", "xy", "a*b", "ab", "mult", "modmul"),
    "div": ("div", "division", "divide", "/", "x/y", "a/b", "x*y^-1", "a*b^-1"),
    "x2_y2": ("x2_y2", "x2_plus_y2", "x^2+y^2", "x2+y2", "a^2+b^2", "sum_of_squares"),
    "x2_xy_y2": (
        "x2_xy_y2",
        "x2_plus_xy_plus_y2",
        "x^2+xy+y^2",
        "x^2+x*y+y^2",
        "x2+xy+y2",
        "a^2+ab+b^2",
        "a^2+a*b+b^2",
    ),
    "x3_xy": ("x3_xy", "x3_plus_xy", "x^3+xy", "x^3+x*y", "x3+xy", "a^3+ab", "a^3+a*b"),
}
OPERATIONS = tuple(_OPERATIONS)
_OPERATION = {phrase: name for name, phrases in _OPERATIONS.items() for phrase in phrases}
_NEGATIONS = {"no", "non", "not", "without"}
_MANY_OPERANDS = re.compile(r"\b([3-9]|\d\d+|three|four|five)[\s_-]+(operands|numbers|summands|terms|digits)")
_GROUP = re.compile(r"(s[34]|a[45]|d\d{1,2}|q8|c\d{1,2})")
_MODULUS = re.compile(r"(?:\bmod(?:ulo)?[\s_]*|%\s*|\bp\s*=\s*|(?<=_)p)(\d{2,6})\b", re.IGNORECASE)


@dataclass(frozen=True)
class Vocabulary:
    """What a field may say: values that runs were made with here, and others that are understood."""

    known: Words
    others: tuple[str, ...]

    @cached_property
    def phrases(self) -> dict[str, str]:
        """Phrase -> value, longest phrases first."""
        meant = {phrase: value for value, others in self.known.items() for phrase in (value, *others)}
        meant |= {other: other for other in self.others}
        return dict(sorted(meant.items(), key=lambda item: -len(item[0])))


VOCABULARIES: dict[str, Vocabulary] = {
    "task_family": Vocabulary(_FAMILIES, _OTHER_FAMILIES),
    "architecture": Vocabulary(_ARCHITECTURES, _OTHER_ARCHITECTURES),
    "optimizer": Vocabulary(_OPTIMIZERS, _OTHER_OPTIMIZERS),
    "loss": Vocabulary(_LOSSES, _OTHER_LOSSES),
    "operation": Vocabulary(_OPERATIONS, ()),
}


@dataclass(frozen=True)
class WordReading:
    """What a word says for certain: of its field, None where nothing, and of others by the way (an operation, Nesterov)."""

    value: str | None
    implied: Mapping[str, object] = field(default_factory=dict)


def known_values(name: str) -> tuple[str, ...]:
    """Return the values of a field that runs were made with here."""
    return tuple(VOCABULARIES[name].known)


def operation_named(text: str) -> str | None:
    """Return the modular operation that a text names; None where it names none, or more than one.

    >>> operation_named("(a + b) mod p"), operation_named("x**2 + y**2"), operation_named("mod_add"), operation_named("gcd")
    ('add', 'x2_y2', 'add', None)
    """
    if text in _OPERATIONS:
        return text
    if _MANY_OPERANDS.search(text):
        return None
    bare = _without_modulus(text.lower())
    formula = bare.replace(" ", "").replace("**", "^").replace("·", "*").replace("×", "*").replace("÷", "/")
    formula = formula.replace("²", "^2").replace("³", "^3").replace("−", "-").replace("\\", "")
    while formula.startswith("(") and formula.endswith(")"):
        formula = formula[1:-1]
    named = _OPERATION.get(formula) or _OPERATION.get(formula.strip("_"))
    if named is not None:
        return named
    words = {_OPERATION[w] for w in re.split(r"[^a-z0-9]+", bare) if w in _OPERATION and len(w) > 2}
    return words.pop() if len(words) == 1 else None


def _without_modulus(text: str) -> str:
    """Return a formula without what it is taken modulo, and words without those that say `modular`."""
    text = re.sub(r"[(\[]?\s*\b(mod|modulo)\b[\s_]*(p|n|q|\d+)\s*[)\]]?\s*$|%\s*(p|n|q|\d+)\s*$", "", text)
    return re.sub(r"^(modular|modulo|mod)[\s_-]+|[\s_-]+(modular|modulo|mod|mod_p)$", "", text.strip()).strip()


def read_word(name: str, text: str) -> WordReading:
    """Return what a field's value in somebody's words says.

    >>> read_word("optimizer", "torch.optim.AdamW(lr=1e-3)").value, read_word("loss", "nn.CrossEntropyLoss()").value
    ('adamw', 'cross_entropy')
    >>> read_word("task_family", "modular addition mod 97")
    WordReading(value='modular', implied={'operation': 'add', 'modulus': 97})
    """
    if name == "operation":
        return _read_operation(text)
    vocabulary = VOCABULARIES[name]
    if text in vocabulary.known:
        return WordReading(text)
    value = next((v for v in (_named(tokens, vocabulary) for tokens in _tokenisations(text)) if v is not None), None)
    if name == "task_family":
        return _read_family(text, value)
    if name == "optimizer" and value is not None:
        return WordReading(value, {"nesterov": True} if value == "sgd" and "nesterov" in text.lower() else {})
    return WordReading(value)


def _read_operation(text: str) -> WordReading:
    found = operation_named(text)
    if found is None:
        return WordReading(None)
    return WordReading(found, _modulus_in(text))


def _read_family(text: str, value: str | None) -> WordReading:
    operation = operation_named(text) or operation_named(" ".join(_at_capitals(text)))
    if value is None and _GROUP.fullmatch(text.strip().lower()):
        return WordReading("groups")
    if value == "modular" or (value is None and operation is not None):
        return WordReading("modular", {**({"operation": operation} if operation else {}), **_modulus_in(text)})
    return WordReading(value)


def _modulus_in(text: str) -> dict[str, object]:
    found = _MODULUS.search(text)
    return {"modulus": int(found[1])} if found else {}


def _tokenisations(text: str) -> list[list[str]]:
    """Return the words of a text, parted ever more finely: as written, without version numbers, at capitals inside."""
    bare = re.sub(r"\(.*", "", text.strip(), flags=re.DOTALL) or text
    bare = bare.rsplit("/", 1)[-1]
    plain = [t for t in re.split(r"[\W_]+", bare.lower()) if t]
    unnumbered = [re.sub(r"\d+[kmb]?$", "", t) or t for t in plain]
    return [plain, unnumbered, _at_capitals(bare)]


def _at_capitals(text: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+", text)]


def _named(tokens: list[str], vocabulary: Vocabulary) -> str | None:
    """Return the one value that words name, longest phrases first; None where they name none or several, or deny it."""
    if _NEGATIONS & set(tokens):
        return None
    text = f"_{'_'.join(tokens)}_"
    found = set()
    for phrase, value in vocabulary.phrases.items():
        if f"_{phrase}_" in text:
            found.add(value)
            text = text.replace(f"_{phrase}_", "__")
    return found.pop() if len(found) == 1 else None
