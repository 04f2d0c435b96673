"""Batches: by number, over all shapes, changed together with their maps."""

import numpy as np
import torch

from helpers import noise_pairs, squares
from wepsam.training.batches import Augmentation, Batches, Pairs, augment, source_weights, take, to_network

SQUARE = (128, 128)


def test_a_batch_depends_on_its_number_alone():
    one, two = (Batches([squares()], 4, Augmentation(geometry=1, color=1), seed=5) for _ in range(2))
    for number in (7, 2, 2, 0):
        for a, b in zip(one[number], two[number], strict=True):
            assert torch.equal(a, b)
    assert not torch.equal(one[0][0], one[3][0])  # the same place in another epoch


def test_an_epoch_shows_every_picture_once():
    data = squares(12)
    data.stimuli[:] = np.arange(12)[:, None, None, None]
    batches = Batches([data], 4, Augmentation(mirror=False), seed=0)
    seen = [round(v * 255) for n in range(3) for v in batches[n][0][:, 0, 0, 0].tolist()]
    assert sorted(seen) == list(range(12))


def test_every_picture_is_mirrored_in_some_epochs_and_not_in_others():
    data = squares(8)
    data.stimuli[:, :, :64], data.stimuli[:, :, 64:] = 0, 255  # dark left, bright right
    data.stimuli[:, 0, 0, 0] = data.stimuli[:, 0, -1, 0] = np.arange(8)  # who it is, in both upper corners
    batches = Batches([data], 8, Augmentation(), seed=0)
    mirrored = np.zeros((8, 40), bool)
    for epoch in range(40):
        for x in batches[epoch][0]:
            mirrored[round(x[0, 0, 0].item() * 255), epoch] = x[0, 5, 5] > 0.5
    assert ((mirrored.mean(axis=1) > 0.2) & (mirrored.mean(axis=1) < 0.8)).all()


def test_half_of_a_batch_is_mirrored_with_its_maps():
    stimuli, targets = torch.rand(8, 3, 128, 128), torch.rand(8, 32, 32)
    x, y = augment(stimuli, targets, Augmentation(), np.random.default_rng(0), SQUARE)
    flipped = [torch.equal(x[i], stimuli[i].flip(2)) for i in range(8)]
    assert sum(flipped) == 4
    for i in range(8):
        assert torch.equal(y[i], targets[i].flip(1) if flipped[i] else targets[i])
        assert torch.equal(x[i], stimuli[i].flip(2) if flipped[i] else stimuli[i])


def test_where_the_picture_goes_its_map_goes():
    """A bright square and the peak of its map stay together through zoom, shift, turn and mirror."""
    data = squares(64, size=160)
    stimuli = torch.from_numpy(data.stimuli).permute(0, 3, 1, 2).float() / 255
    targets = torch.from_numpy(data.targets).float() / 255
    x, y = to_network(*augment(stimuli, targets, Augmentation(geometry=1), np.random.default_rng(0), SQUARE), SQUARE)
    assert x.shape == (64, 3, 128, 128)
    bright = torch.nn.functional.avg_pool2d((x.mean(1, keepdim=True) > 0.5).float(), 4)[:, 0]
    together, checked = 0, 0
    for square, target in zip(bright, y, strict=True):
        if square.sum() < 8 or target.max() < 0.5:  # the view has left the square
            continue
        rows, columns = np.nonzero(square.numpy() > 0.3)
        row, column = np.unravel_index(int(target.argmax()), (32, 32))
        checked += 1
        together += abs(rows.mean() - row) < 4 and abs(columns.mean() - column) < 4
    assert checked > 40
    assert together / checked > 0.9


def test_targets_have_a_largest_value_of_one():
    _, y, _ = Batches([squares(size=160)], 6, Augmentation(geometry=1), seed=0)[1]
    assert torch.allclose(y.amax((1, 2)), torch.ones(6))


def test_an_epoch_shows_pictures_of_all_shapes_once() -> None:
    data = [noise_pairs((64, 64), 8), noise_pairs((32, 96), 4)]
    for group, first in zip(data, (0, 8), strict=True):
        group.stimuli[:] = np.arange(first, first + len(group))[:, None, None, None]
    batches = Batches(data, 4, Augmentation(mirror=False), seed=0)
    assert batches.per_epoch == 3
    for epoch in range(2):
        shown = [batches[3 * epoch + n] for n in range(3)]
        assert sorted(round(v * 255) for x, _, _ in shown for v in x[:, 0, 0, 0].tolist()) == list(range(12))
        assert {(tuple(x.shape[2:]), tuple(y.shape[1:])) for x, y, _ in shown} == {
            ((64, 64), (16, 16)),
            ((32, 96), (8, 24)),
        }


def test_a_shape_with_fewer_pictures_than_a_batch_is_not_left_out() -> None:
    batches = Batches([noise_pairs((64, 64), 9), noise_pairs((32, 96), 2)], 4, Augmentation(), seed=0)
    assert sorted(len(batches[n][0]) for n in range(batches.per_epoch)) == [2, 4, 4]


def test_take_counts_through_all_shapes() -> None:
    some = take([noise_pairs((64, 64), 8), noise_pairs((32, 96), 4), noise_pairs((96, 32), 3)], np.array([9, 2, 7, 8]))
    assert [(p.input_shape, len(p)) for p in some] == [((64, 64), 2), ((32, 96), 2)]
    np.testing.assert_array_equal(some[1].stimuli, noise_pairs((32, 96), 4).stimuli[[1, 0]])


def test_balanced_sources_count_the_same_whatever_their_size() -> None:
    pairs = [_of_sources([0] * 30 + [1] * 10, names=("a", "b"))]
    np.testing.assert_allclose(source_weights(pairs, 0.0), [1, 1])
    np.testing.assert_allclose(source_weights(pairs, 1.0), [40 / 60, 40 / 20])
    each = source_weights(pairs, 0.5)
    np.testing.assert_allclose(each[1] / each[0], 3**0.5)


def test_weak_labels_beside_datasets_have_a_weight_of_their_own() -> None:
    pairs = [_of_sources([0] * 4 + [1] * 4, names=("a", "b")), _of_sources([2] * 16, names=("a", "b", "weak"))]
    np.testing.assert_allclose(source_weights(pairs, 1.0), [2, 2, 0.5])


def _of_sources(sources: list[int], names: tuple[str, ...]) -> Pairs:
    count = len(sources)
    return Pairs(
        np.zeros((count, 8, 8, 3), np.uint8), np.zeros((count, 4, 4), np.uint8), np.array(sources), names, (8, 8)
    )
