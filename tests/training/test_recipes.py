"""Recipes: what they say, and how they are changed."""

from dataclasses import replace

import pytest

from wepsam.networks.cnn_vlm import CnnVlmConfig
from wepsam.networks.deep import DeepConfig
from wepsam.networks.lite import LiteConfig
from wepsam.networks.mr_cnn import MrCnnConfig
from wepsam.networks.paper import PaperConfig
from wepsam.training.batches import Augmentation
from wepsam.training.recipes import RECIPES, changed, find
from wepsam.training.settings import TrainSettings


def test_the_network_and_the_start_of_each_recipe() -> None:
    assert {name: (recipe.network, recipe.start) for name, recipe in RECIPES.items()} == {
        "paper": (PaperConfig(), "random"),
        "juntingnet": (PaperConfig(), "random"),
        "shipped": (PaperConfig(init="he"), "random"),
        "lite": (LiteConfig(), "imagenet"),
        "mr_cnn": (MrCnnConfig(), "random"),
        "cnn_vlm": (CnnVlmConfig(), "imagenet"),
        "vgg16": (DeepConfig("vgg16"), "random"),
        "googlenet": (DeepConfig("googlenet"), "random"),
    }


def test_each_network_can_learn_by_its_recipes_losses() -> None:
    from wepsam.networks.build import NETWORKS

    for recipe in RECIPES.values():
        for settings in (recipe.pretrain, recipe.finetune):
            assert settings.loss in NETWORKS[type(recipe.network)].losses


def test_a_recipe_by_name() -> None:
    assert find("lite") is RECIPES["lite"] is find(RECIPES["lite"])
    with pytest.raises(ValueError, match="no recipe 'best'; choose one of paper, juntingnet, shipped, lite, mr_cnn, "):
        find("best")


def test_changes_as_text_and_as_values() -> None:
    settings = TrainSettings()
    text = ["epochs=2.5", "loss=kl", "learning_rate=[0.1, 0]", "augmentation.geometry=0.5", "augmentation.mirror=false"]
    values = {"epochs": 2.5, "loss": "kl", "learning_rate": (0.1, 0), "augmentation": Augmentation(False, 0.5)}
    assert changed(settings, text) == changed(settings, values) == replace(settings, **values)
    assert changed(settings, "seed=3") == replace(settings, seed=3)
    assert changed(settings, ()) == settings


@pytest.mark.parametrize(
    ("change", "message"),
    [("epochs=many", "'many' is of another kind"), ("batch_size=true", "True is of another kind"),
     ("augmentation=1", "is of another kind"), ("learning_rate=[1]", "is of another kind"),
     ("learning_rate=[1,\"a\"]", "is of another kind"), ("augmentation.zoom=1", "mirror, geometry, color"),
     ("epochs.zoom=1", "has no field 'zoom'"), ("speed=1", "no 'speed' to change; choose one of epochs, batch_size"),
     ("epochs", "expected NAME=VALUE"), ("epochs=-1", "epochs is -1; expected 0 or more")],
)  # fmt: skip
def test_changes_that_do_not_exist_or_fit(change: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        changed(TrainSettings(), [change])
    assert "\n" not in str(caught.value)
