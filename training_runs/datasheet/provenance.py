"""How the runs of the corpus were drawn, and how to make them again: the words of the datasheet."""

SAMPLING = """\
## How configurations were sampled

`training_runs/designs/broad.py` is the design. Each kind of run (a task family with an architecture) has its own Sobol
sequence over all of its hyperparameters at once, turned by a random shift, and families of runs take turns by their weights. Uniform
draws seldom generalise: 8 % of the modular configurations of a pilot did. So two thirds of the configurations are aimed
where pilot runs generalised (enough data, enough weight decay, no large initial weights) and one third lies anywhere.
Shares of outcomes are therefore those of the design, not of the world. A quarter of the configurations have two or three
seeds. The first 480 runs come from an earlier design (one family, one network, one optimiser; no signals of the network's
inside), the next 186 from a first draft of this one, and the preset `textbook` adds modular arithmetic at the sizes and
settings of papers, which the design had too little of. The preset `rare_levels` (`training_runs/designs/rare_levels.py`) adds rare
operations, optimisers and families, drawn where either outcome can be expected. Both were trained from their longest and
shortest budgets inwards: where one is not complete, what is missing was chosen by what it costs, not by what became of it.
The preset `few_shapes` (`training_runs/designs/few_shapes.py`) draws the rates, data and noise of `rare_levels` again on a few small
networks, so that four runs train side by side; 32 of its runs come from a first draft with wider ones.
Of the 260 onsets after memorisation in all of these, 244 were of one network on modular arithmetic. The preset `delayed_families`
(`training_runs/designs/delayed_families.py`) adds parity, S5, LSTMs and transformers, where pilot runs of theirs memorised before they rose.
The preset `long_watched` (`training_runs/designs/long_watched.py`, its first 1,200 runs with seed 1) adds runs near the edge of generalising that are
watched for longer, up to 60,000 steps, at the sizes of papers: all of them were made, none was looked at before.

Budgets are drawn per run, log-uniformly within the range of its kind, without looking at anything else; cadences
likewise. Nothing was kept or dropped by how its run turned out. A run stops early when validation accuracy has been at
least 0.99 at five checkpoints in a row; one in ten goes on to its budget."""

MAKING_AGAIN = """\
## Making it again

Every run carries its whole configuration, so that one command makes all of them again, and `--resume` goes on after a stop:

    grokcast generate --again training_runs/corpus --out FOLDER

(extra `runs`; MNIST with `GROKCAST_MNIST_DIR`, reviews with `GROKCAST_IMDB_DIR`). More runs of the same designs:
`grokcast generate corpus --runs N --seed S`, and `textbook`, `rare_levels`, `few_shapes`, `delayed_families` or `long_watched` in its place. On one machine, with the same code,
runs come back bit for bit in nearly every signal. Elsewhere rounding differs, and training is chaotic: after a change of the
learning rate by a millionth, 22 of 25 runs generalised within 10 % of the same step, and three image runs whose accuracy
hovers at the target did not. The runs of `long_watched` were made on a machine with an H200: parity in batches, digits and small
stacks on its cores, all others on the GPU, which sums in another order each time. Runs with no more samples than a batch train on all of them in every stack; 43 that had once been
stacked with larger ones, and had not, were made again: they are in `shard-0011.parquet`, and are read instead of those before.
So are 29 in the two shards after that: 19 of parity of 12 and 16 bits, of which validation inputs had been among the training ones, 6 of
reviews, which had been measured on negative ones first, and 4 whose dropout had been drawn for the longest run of their stack."""

BLIND_TEST = """\
## The blind test

`training_runs/blind/` holds runs of the preset `blind`: two of these designs with other draws, and with moduli that the corpus
does not have. It was frozen under `SHA256SUMS` before any forecaster saw it, is read by `training_runs/blind_test.py`
alone, and is used once for each release. None of it is counted on this page. Four of its runs were made again for the same
reason, unseen, after the release 2026.11.4."""
