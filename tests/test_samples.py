"""The orders in which a GPU draws minibatches, drawn here on the CPU."""

import torch

from training_runs.generator.samples import Batch, DeviceMinibatches


def samples_of(counts):
    """Every sample has its own number for an input, and that of its run for a label; rows that pad are -1."""
    longest = max(counts)
    inputs = torch.stack([torch.cat([torch.arange(n), torch.full((longest - n,), -1)]) for n in counts])
    labels = torch.arange(len(counts))[:, None].expand(-1, longest)
    weight = (inputs >= 0) / torch.tensor(counts)[:, None]
    return Batch(inputs, labels, weight)


def inputs_of(batches, steps):
    return torch.cat([batches.next().inputs for _ in range(steps)], 1)


def test_each_run_sees_all_its_samples_once_an_epoch_in_an_order_of_its_own():
    counts = [20, 33, 70]
    batches = DeviceMinibatches(samples_of(counts), 15, [1, 2, 3])
    seen = inputs_of(batches, 200)
    for run, count in enumerate(counts):
        epochs = seen[run][: len(seen[run]) // count * count].view(-1, count)
        assert (epochs.sort(1).values == torch.arange(count)).all()
        assert len({tuple(epoch.tolist()) for epoch in epochs}) == len(epochs)
        first = epochs[:, 0].double().mean()  # of about 3000 / count epochs
        assert abs(first - (count - 1) / 2) < 0.2 * count


def test_a_run_has_the_order_that_it_has_alone_also_when_others_leave():
    counts, seeds = [20, 33, 70], [1, 2**62, 3]
    together = DeviceMinibatches(samples_of(counts), 15, seeds)
    alone = DeviceMinibatches(samples_of(counts[1:2]), 15, seeds[1:2])
    assert (inputs_of(together, 100)[1] == inputs_of(alone, 100)[0]).all()
    together.select([1, 2], samples_of(counts).select(torch.tensor([1, 2])))
    assert (inputs_of(together, 100)[0] == inputs_of(alone, 100)[0]).all()


def test_labels_and_weights_are_those_of_the_rows():
    batch = DeviceMinibatches(samples_of([20, 33]), 10, [1, 2]).next()
    assert (batch.labels == torch.tensor([[0], [1]])).all()
    torch.testing.assert_close(batch.weight.sum(1), torch.ones(2))
