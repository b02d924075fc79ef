"""Every claim by its name, paper by paper. One that nothing has tested yet says what is missing."""

from predictor.reproduction import (
    contours,
    embedding_figures,
    fixed_norm,
    golechha,
    images,
    initialisation,
    laws,
    li_sakib,
    oscillation,
    paper_figures,
    paper_transformers,
    phases,
    power,
    reviews,
    salah_yevick,
    timescale,
    transformer_grids,
)
from predictor.reproduction.claim import Claim

_STORED_MLPS = "stored embedding-MLPs on modular arithmetic, settings varied: ours, hundreds of runs instead of one"
_STORED_TRANSFORMERS = (
    "stored transformers of one and two layers on modular arithmetic, settings varied: ours, hundreds of runs"
)

_FOUR_GROK = "All four operations grok at p = 97 with 30 % of the pairs."
_TABLE_1 = (
    "Delays in epochs correlate with batch size (0.54), noise (0.12), rate (-0.06), decay (-0.26), not with init scale."
)

CLAIMS: dict[str, Claim] = {
    "sy_dropout_variance": Claim(
        salah_yevick.PAPER,
        "3.1, figure 1",
        "The variance of the validation accuracy under dropout 0.3 is negligible while memorising, rises at the onset of "
        "generalisation, and so announces it.",
        f"{_STORED_MLPS}; 8 passes on 256 samples, not 100 on all",
        "Holds if at least half of the grokking runs reach a quarter of the peak variance between memorisation and rise; in part if at least "
        "half have their peak after memorisation (lower ends of the intervals).",
        salah_yevick.dropout_variance,
        signals=("dropout_acc_mean", "dropout_acc_var"),
    ),
    "sy_dropout_figures": Claim(
        salah_yevick.PAPER,
        "3.1, figures 1 and 2",
        "The variance under dropout announces generalisation; then the robustness curve is flat for small rates and has not halved before 0.5.",
        "the paper's settings for 15,000 steps, 100 passes on all test samples but one (quick: the small network of `sy_initialisation`, 8 passes)",
        "Holds if in every seed the variance reaches a quarter of its peak between memorisation and rise, and the accuracy at the end keeps 0.9 at a "
        "rate of 0.2 and halves at 0.5 or later; in part if one is so.",
        paper_figures.dropout,
        paper_figures.configs,
        signals=("dropout_acc_var", "drc_half"),
        runs_of="sy_layers",
    ),
    "sy_drc": Claim(
        salah_yevick.PAPER,
        "3.1, figure 2",
        "The dropout robustness curve is near zero at all rates while memorised; once generalised it is flat for small "
        "rates and has not halved before a rate of 0.5.",
        f"{_STORED_MLPS}; the area and the rate at which it halves are stored, not the curve",
        "Holds if in at least 75 % of runs the area triples from halfway between memorisation and rise to the end, and the "
        "median rate of halving is at least 0.4; in part if only the first.",
        salah_yevick.robustness_curve,
        signals=("drc_auc", "drc_half"),
    ),
    "sy_embeddings": Claim(
        salah_yevick.PAPER,
        "3.2, figure 3",
        "Bands of similar embeddings appear long before the test accuracy rises, and tell that it will.",
        f"{_STORED_MLPS}; addition and subtraction, in whose order the residues are",
        "Holds if at least 90 % of grokking runs have bands before the rise and at most 25 % of those that memorise and miss "
        "their budget have them; in part if only the first, and at most 10 % of random tables have them.",
        salah_yevick.embedding_bands,
        signals=("embedding_cos_structure",),
    ),
    "sy_bands": Claim(
        salah_yevick.PAPER,
        "3.2, figure 3",
        "Bands of similar embeddings appear long before the test accuracy rises.",
        "the runs of `sy_layers`",
        "Bands are there once they hold a tenth of the similarities' variance. Holds if in every seed that is by half of the step of the rise; in "
        "part if before the rise.",
        embedding_figures.bands,
        paper_figures.configs,
        signals=("embedding_cos_structure",),
        runs_of="sy_layers",
    ),
    "sy_values": Claim(
        salah_yevick.PAPER,
        "3.2, figure 4a",
        "The embedding values go from one peak to two at about +-0.4 with the rise of the test accuracy.",
        "the runs of `sy_layers`",
        "Holds if in every seed at most half of the peaks' density is left at 0 at the rise, the upper peak lies between 0.3 and 0.5, and 0.8 of it "
        "is at 0 when memorised; in part if the first.",
        embedding_figures.values,
        paper_figures.configs,
        runs_of="sy_layers",
    ),
    "sy_bimodality": Claim(
        salah_yevick.PAPER,
        "3.2, figure 4a",
        "The embedding values go from one peak to two at about +-0.4 with the rise of the test accuracy, and predict it.",
        _STORED_MLPS,
        "Holds if Sarle's coefficient exceeds 5/9 before the rise in at least 75 % of grokking runs and by 25 points more "
        "often than elsewhere; in part if in at least 25 %, and more often than elsewhere.",
        salah_yevick.bimodality,
        signals=("embedding_bimodality",),
    ),
    "sy_layers": Claim(
        salah_yevick.PAPER,
        "3.2, figure 4b, c",
        "The first layer's weights peak at 0; most of the last layer's lie in [0, 0.2], with a long negative tail.",
        "the paper's settings for 15,000 steps, or where quick the small network of `sy_initialisation`",
        "At the end, by histograms. Holds if in every seed the fullest bin of the first layer's weights is within 0.1 standard deviations of 0, at "
        "least half of the last layer's lie in [0, 0.2], and its lowest hundredth is twice as far from 0 as its highest; in part if the first or "
        "the other two.",
        paper_figures.last_layer,
        paper_figures.configs,
    ),
    "sy_init_scale_stored": Claim(
        salah_yevick.PAPER,
        "3.3, figure 5",
        "Larger initial weights delay grokking.",
        _STORED_MLPS,
        "Holds if the rank correlation of scale and delay is at least 0.2; in part if it is positive.",
        salah_yevick.init_scale,
    ),
    "sy_initialisation": Claim(
        salah_yevick.PAPER,
        "3.3, figures 5 and 6",
        "The delay grows nearly linearly with the scale alpha of the initial weights, and embeddings end alike.",
        "runs that differ in alpha alone: the paper's settings (embedding width 64 and full batches are ours), or where quick p = 31, 128 units, "
        "rate 2e-3 and 75 % of the pairs, which grok ten times sooner",
        "Holds if the rank correlation of alpha and delay is at least 0.7 in every seed, a line through the medians has R^2 >= 0.9, and "
        "the embeddings' standard deviations end within a factor of 1.2; in part if the correlation is at least 0.3, or if they do.",
        initialisation.scale,
        initialisation.scale_configs,
        signals=("embedding_std",),
    ),
    "sy_shifted_initialisation": Claim(
        salah_yevick.PAPER,
        "3.3, figures 7 to 10",
        "Shifted initial weights delay both accuracies; a larger shift shortens the delay between them until it harms; "
        "constant weights preclude learning.",
        "one set of runs a case, at the settings of `sy_initialisation`",
        "Holds if all six parts do (medians over seeds), in part if at least three do.",
        initialisation.shift,
        initialisation.shift_configs,
    ),
    "sy_timescale": Claim(
        salah_yevick.PAPER,
        "figures 1 and 3",
        "Memorised after 300 epochs, generalised after 1,200.",
        "the paper's settings over what it leaves out: full batches and batches of 256, 128 and 64, embeddings 32, 64 and 128 wide (quick: 64)",
        "Holds if in some setting every seed memorises and generalises within a factor of 1.5 of these epochs; in part if in some every seed "
        "generalises four times later than it memorises, within a factor of 1.5.",
        timescale.timescale,
        timescale.configs,
    ),
    "sy_inactive": Claim(
        salah_yevick.PAPER,
        "3.4, figure 11",
        "Inactive units become fewer while memorising and more after; the minimum comes sooner with more weight decay.",
        _STORED_MLPS,
        "Holds if at least 75 % of grokking runs have a dip, more often than random tables, and its step falls with rate x "
        "decay; in part if at least half have it and its step falls.",
        salah_yevick.inactive_units,
        signals=("inactive_frac",),
    ),
    "golechha_progress_measures": Claim(
        golechha.PAPER,
        "4, figure 1",
        "Weight entropy and circuit complexity fall with generalisation, and tell more of it than the weight norm.",
        "stored MLPs on MNIST and digits whose onset is later than three times memorisation: ours, the paper has one run",
        "Holds if each falls by 5 % between memorisation and onset in at least 75 % of runs and the changes of entropy and "
        "norm correlate by at most 0.5; in part if one of them falls in at least half.",
        golechha.progress_measures,
        signals=("weight_entropy", "circuit_complexity"),
    ),
    "golechha_mnist": Claim(
        golechha.PAPER,
        "3, figure 1",
        "MNIST groks under cross-entropy with large initial weights.",
        "MNIST, MLP of three layers, decay 0.1 and alpha 8, 16 and 32, where quick with 100 units; else also decay 0.01, alpha 64 and 500 images",
        "A delay as in `ls_mnist`. Holds if in some setting every seed has one above 1,000 steps; in part if one seed has.",
        images.cross_entropy,
        images.cross_entropy_configs,
    ),
    "golechha_rising_norm": Claim(
        golechha.PAPER,
        "3, figure 2",
        "With a term that rewards large weights the norm grows throughout, and the network groks all the same.",
        "MNIST under cross-entropy, alpha 8, decay 0.1, with the term at -2e-8 and without: the printed 2e-10 does not raise the norm here",
        "A delay as in `ls_mnist`. Holds if the norm doubles in every seed and every delay is above 1,000 steps; in part if it doubles and "
        "the validation accuracy ends at most 0.05 below that without the term.",
        images.rising_norm,
        images.rising_norm_configs,
        signals=("weight_norm",),
    ),
    "golechha_dropout": Claim(
        golechha.PAPER,
        "App. C, figure 3",
        "With dropout 0.3 in training the delay vanishes.",
        "MNIST under the squared loss, where there is a delay to vanish; where quick 100 units and 4,000 steps",
        "A delay as in `ls_mnist`. Holds if every seed has one above 1,000 steps without dropout and none has with it; in part if it is shorter.",
        images.dropout,
        images.dropout_configs,
    ),
    "golechha_imdb": Claim(
        golechha.PAPER,
        "App. D, figure 4",
        "An LSTM on IMDb groks, and the measures fall with it.",
        "the paper's run, whose settings are those of Liu et al. (arXiv 2210.01117) and of their code: two layers of 256 units, 500 words of 750 "
        "reviews, alpha 6, decay 1; 10,000 of their 75,000 steps, validated on 1,000 reviews; where quick one layer of 64 units, 60 words of 200 reviews and 400 steps",
        "Holds if in every seed validation accuracy rises by more than 0.1 after memorisation, half of it later than three times its step, "
        "and weight entropy and circuit complexity are lower at its highest than at memorisation; in part if it rises so.",
        reviews.imdb,
        reviews.imdb_configs,
    ),
    "ls_correlations": Claim(
        li_sakib.PAPER,
        "3.1, table 1",
        _TABLE_1,
        "the paper's grid at p = 67, 40 % of the pairs and width 32, a run a cell: four of its batch sizes, three of its levels of noise and scale, all rates and "
        "decays; where quick two levels of each at p = 23 and 60 % of the pairs",
        "Rank correlations. Holds if all but the scale's have the printed sign, the intervals without 0, and the scale's interval has 0 in it; "
        "in part if one has its sign.",
        transformer_grids.correlations,
        transformer_grids.correlation_configs,
    ),
    "ls_correlations_stored": Claim(
        li_sakib.PAPER,
        "3.1, table 1",
        _TABLE_1,
        _STORED_TRANSFORMERS,
        "Holds if batch size, rate and decay correlate with the printed sign, the intervals without 0; in part if one does.",
        li_sakib.correlations,
    ),
    "ls_late_validation": Claim(
        li_sakib.PAPER,
        "3.1, figure 3",
        "Delays are large because validation is late, not because training is early.",
        _STORED_TRANSFORMERS,
        "Holds if delays correlate with the step of validation by at least 0.8 (ranks) and more than with that of "
        "memorisation in either direction; in part if only the second.",
        li_sakib.late_validation,
    ),
    "ls_regimes": Claim(
        li_sakib.PAPER,
        "3.2, table 2, figure 4",
        "Comprehension lies where there are 20 to 800 training samples to a batch, grokking below.",
        "transformers 32 wide on division, 40 % of the pairs, p = 67 and 97, batches of 8 to 512, three rates and three decays, 20,000 steps; "
        "where quick p = 23, batches of 16 and 128, a seed a setting",
        "Holds if comprehension is 25 points more frequent in the band than below it; in part if more frequent. Needs 20 "
        "configurations on either side.",
        transformer_grids.regimes,
        transformer_grids.regime_configs,
    ),
    "ls_landscape": Claim(
        li_sakib.PAPER,
        "3.3, figure 5",
        "The loss is more uneven around optima of grokking than around those of comprehension.",
        "stored transformers and embedding-MLPs; total variation along random lines instead of contours judged by eye",
        "Holds if the ruggedness at the end tells both apart with an AUROC of at least 0.75 in both networks; in part if at "
        "least 0.5 (lower ends).",
        li_sakib.landscape,
        signals=("landscape_ruggedness",),
    ),
    "ls_contours": Claim(
        li_sakib.PAPER,
        "3.3, figure 5",
        "The loss around optima of grokking is more uneven than around those of comprehension, its range up to eight times larger, and larger "
        "than around optima of neither.",
        "transformers as in `ls_correlations`, batches of 128, two settings that grok, one that comprehends and one that is confused, 8,000 steps; where "
        "quick six settings with p = 23, width 16 and 80 % of the pairs, 5,000 steps",
        "Holds if in every seed range and unevenness are larger around grokking than around comprehension, and the range larger than around "
        "confusion; in part if one is so. Not decided where a seed has no run of a class.",
        contours.contours,
        contours.configs,
    ),
    "ls_attention_norms": Claim(
        li_sakib.PAPER,
        "3.4, figures 6 to 8",
        "Norms of Q, K and V rise before generalisation, and much more where a run groks.",
        _STORED_TRANSFORMERS,
        "Holds if at least half of the grokking runs exceed the norm at memorisation by 5 % before the onset, more often than "
        "comprehension; in part if only the second.",
        li_sakib.attention_norms,
        signals=("weight_norm_attention",),
    ),
    "ls_mnist": Claim(
        li_sakib.PAPER,
        "4, table 3",
        "On MNIST large weights and the squared loss grok; cross-entropy, small weights or augmentation do not.",
        "the rows of the preset li_sakib_mnist; where quick three of them, 100 units and 2,500 or 4,000 steps",
        "A delay is from memorisation until validation is halfway from chance to target. Holds if at least 90 % of the rows have one above 1,000 steps, or none, as printed, and none is left open; in part if at least half (in every seed).",
        images.table_3,
        images.table_3_configs,
    ),
    "ls_attention_decay": Claim(
        li_sakib.PAPER,
        "3.4, figures 7 and 8",
        "Less decay than 1 lengthens the delay, and norms of Q, K and V peak as high, later; decay 2 halves the delay; more keeps accuracies low.",
        "the paper's transformer on division, decays 0.3, 1, 2 and 4; where quick p = 23, width 16 and 60 % of the pairs",
        "Holds if all five parts do (medians over seeds), in part if at least three do. Not decided where most runs at a decay up to 2 had no onset.",
        paper_transformers.decay,
        paper_transformers.decay_configs,
        signals=("weight_norm_attention",),
    ),
    "ls_operations": Claim(
        li_sakib.PAPER,
        "figures 2, 11 and 12",
        _FOUR_GROK,
        "the paper's transformer, each operation; where quick p = 23, width 16 and 60 % of the pairs",
        "Holds if each of the four has a delay above 1,000 steps in every seed; in part if two have. Not decided where a run had no onset.",
        paper_transformers.operations,
        paper_transformers.operation_configs,
    ),
    "ls_operations_stored": Claim(
        li_sakib.PAPER,
        "figures 2, 11 and 12",
        _FOUR_GROK,
        "stored transformers at p = 97 with 20 to 40 % of the pairs; other settings varied",
        "Holds if each of the four has at least three runs with a delay above 1,000 steps; in part if two have.",
        li_sakib.operations,
    ),
    "power": Claim(
        power.PAPER,
        "figures 1 and 4",
        "A transformer memorises arithmetic modulo 97 within 1,000 steps and generalises up to 1,000 times later.",
        "stored transformers of width 128 at p = 97 with beta2 = 0.98 and warm-up; fractions and decays varied, budgets below theirs",
        "Holds if at least half of the runs that generalise do so ten times later than they memorise; in part if at least a tenth do.",
        power.late_generalisation,
    ),
    "liu_effective_theory": Claim(
        "Liu et al. 2022",
        "figure 6",
        "Which of four phases a run falls into depends on the learning rates of the embedding and of the decoder.",
        "an embedding-MLP on addition modulo 23, a grid of both rates from 1e-4 to 0.1 (quick), or from 1e-5 (full)",
        "Holds if each of the four phases is the majority of seeds at some pair of rates; in part if three are.",
        phases.rates,
        phases.rate_configs,
    ),
    "omnigrok_teacher_student": Claim(
        "Omnigrok",
        "figure 3",
        "A student of large initial weights learns its teacher late.",
        "students of two layers of 64 units on 1,000 samples of a teacher's two classes, alpha 1, 2, 4 and 8",
        "Holds if onset over memorisation grows with alpha (rank correlation at least 0.7 in every seed) and is three times larger at the "
        "largest than at the smallest; in part if the correlation is at least 0.3.",
        phases.teacher,
        phases.teacher_configs,
    ),
    "omnigrok_lu": Claim(
        "Omnigrok",
        "figure 1",
        "At a fixed weight norm the training loss is an L and the test loss a U.",
        "students of a teacher's two classes under the squared loss without decay, scaled back after each step to 0.2 to 8 times the norm of usual "
        "initial weights",
        "Holds if in every seed the training loss at all norms above that of the least test loss is at most a tenth of what it is at the "
        "smallest norm, and the test loss at both ends at least 1.5 times its least; in part if one is so.",
        fixed_norm.landscape,
        fixed_norm.configs,
    ),
    "omnigrok_qm9": Claim(
        "Omnigrok",
        "figure 5",
        "A graph network on QM9 groks with large initial weights.",
        missing="a graph network and the data set",
    ),
    "notsawo_oscillation": Claim(
        oscillation.PAPER,
        "arXiv 2306.13253, section 4",
        "Oscillation of the loss in the first epochs tells runs that will grok from those that will not.",
        "stored runs on modular arithmetic that memorised and were watched for ten times as long: ours",
        "Holds if the oscillation of the training loss up to memorisation ranks runs with an AUROC of at least 0.75; in part "
        "if at least 0.5 (lower end).",
        oscillation.early_oscillation,
        signals=("train_loss",),
    ),
    "laws_time": Claim(
        laws.PAPER,
        "arXiv 2603.13331; OpenReview Qh29Wjs8oo",
        "Time to grok is a product of powers of rate, decay and data.",
        "stored runs under AdamW on addition, subtraction, multiplication and division; a factor for each architecture is "
        "fitted on configurations held apart",
        "Holds if the published exponents predict onsets at least 0.05 decades better than a constant; in part if better.",
        laws.grokking_time,
    ),
    "laws_critical_norm": Claim(
        laws.PAPER,
        "arXiv 2606.13753",
        "Networks generalise when the weight norm has fallen to a value that grows as p^0.38 and depends on neither rate "
        "nor fraction.",
        "stored embedding-MLPs under AdamW whose norm has fallen at onset: ours",
        "Holds if the interval of p's exponent has 0.38 and those of rate and fraction lie within +-0.1; in part if one does.",
        laws.critical_norm,
        signals=("weight_norm",),
    ),
}
