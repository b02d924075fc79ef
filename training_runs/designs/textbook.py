"""The corpus's second part: modular arithmetic at sizes and settings near those of papers and tutorials.

Drawn after the first 900 runs had shown few long delays at common sizes; here most are of thousands of steps.
"""

from training_runs.designs.sobol_sample import Fields, RunFamily, SobolPoint


def _textbook_embedding_mlp(point: SobolPoint) -> Fields:
    p = point.choice({41: 1, 47: 1, 53: 1, 59: 1, 67: 1, 83: 0.7, 97: 0.7, 113: 0.5})
    return {
        "architecture": "embedding_mlp",
        "modulus": p,
        "embedding_dim": point.choice({32: 1, 64: 1}),
        "width": point.choice({64: 1, 128: 1}),
        **_textbook(point, p),
        "batch_size": point.choice({256: 1, 512: 1}),
    }


def _textbook_transformer(point: SobolPoint) -> Fields:
    p = point.choice({31: 1, 37: 1, 41: 1, 47: 1, 53: 1, 59: 1, 67: 0.7, 97: 0.7})
    return {
        "architecture": "transformer",
        "modulus": p,
        "embedding_dim": point.choice({32: 1, 64: 0.5}),
        **_textbook(point, p),
        "batch_size": point.choice({128: 1, 256: 1}),
    }


def _textbook(point: SobolPoint, p: int) -> Fields:
    """Draw what both networks have in common."""
    least = 2.2 / p**0.5
    operations = {"add": 5, "sub": 4, "mul": 4, "div": 4, "x2_y2": 2, "random_table": 1}
    optimizer = point.choice({"adamw": 8, "muon": 1, "adam": 1})
    decays = (5e-5, 5e-4) if optimizer == "adam" else (0.1, 2.5)
    return {
        "operation": point.choice(operations),
        "train_fraction": round(point.uniform(least, min(0.8, least + 0.35)), 3),
        "optimizer": optimizer,
        "learning_rate": point.log(7e-4, 4e-3),
        "weight_decay": point.log(*decays),
        "init_scale": point.log(0.6, 1.3),
    }


DESIGN = (
    RunFamily(3, (4_000, 20_000), _textbook_embedding_mlp),
    RunFamily(1, (2_500, 9_000), _textbook_transformer),
)
