"""The studies: for each, its training runs with their data, start and settings. `jobs` carries out one run.

Compute is counted in pictures seen, augmented ones included. Compared arms see the same number in all: the random start
sees the pictures of the pre-training on top of its fine-tuning. Where many fixations are available, the random start
gains from this; there a third arm is pre-trained and then fine-tuned for as long as the random start.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from wepsam.networks.base import NetworkConfig
from wepsam.networks.deep import DeepConfig
from wepsam.networks.lite import LiteConfig
from wepsam.networks.paper import PaperConfig
from wepsam.reproduction.protocol.plan import PROTOCOL
from wepsam.training.batches import Augmentation
from wepsam.training.recipes import RECIPES
from wepsam.training.settings import TrainSettings

FIXATIONS = ("osie", "dut_omron", "eyecrowd", "scene")
SHARES = (0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)
EQUAL_FINE_TUNING = (0.25, 0.5, 1.0)  # shares with a pre-trained arm that is fine-tuned as long as the random start
ENSEMBLE = (0.01, 0.1, 1.0)  # shares with an arm whose teacher is the ensemble instead of GBVS

HE, PAPER = PaperConfig(init="he"), PaperConfig(init="paper")


@dataclass(frozen=True)
class Weak:
    """Photographs with the maps of a teacher.

    Attributes:
        teacher: a name in CLASSICAL; or the run of a network, whose best weights then label the photographs.
        size: side of the square that the teacher sees, in pixels; None for the whole picture.
        keep: how many photographs, or a share of all.
        order: which photographs: "lowest" entropy (the paper), "highest", or "random" (drawn with the run's seed).
        aspect: whether they keep their aspect and are larger, as the light network needs them.
    """

    teacher: "str | Job" = "gbvs"
    size: int | None = 512
    keep: float = 0.5
    order: str = "lowest"
    aspect: bool = False

    @property
    def name(self) -> str:
        """What its labels are known by: the same for all selections of the photographs."""
        teacher = self.teacher.name.replace("/", "-") if isinstance(self.teacher, Job) else self.teacher
        return f"{teacher}-{self.size or 'whole'}{'-aspect' * self.aspect}"


@dataclass(frozen=True)
class Human:
    """Pictures with human fixations: a share of the training pictures of several datasets, mixed.

    With the same seed, a larger share contains the pictures of a smaller one.
    """

    datasets: tuple[str, ...] = FIXATIONS
    share: float = 1.0


@dataclass(frozen=True)
class Job:
    """One training run.

    Attributes:
        arm: STUDY/NAME; the runs of an arm differ in their seed only.
        data: that it learns from.
        pictures: how many it sees at most.
        every: how many it sees between validations.
        settings: of the training, except the epochs, which follow from `pictures`.
        start: the run whose best weights it starts from; None for a random start; "imagenet" for an encoder that was
            trained on ImageNet.
        network: the architecture and its initialization.
    """

    arm: str
    data: Weak | Human
    pictures: int
    every: int
    settings: TrainSettings
    start: "Job | str | None" = None
    network: NetworkConfig = HE

    @property
    def name(self) -> str:
        """The run's folder, below the folder of all runs."""
        return f"{self.arm}-seed{self.settings.seed}"

    @property
    def study(self) -> str:
        """The study's name; "pre" for the pre-trainings that runs start from."""
        return self.arm.partition("/")[0]

    @property
    def needs(self) -> "list[Job]":
        """The runs that must be done before: the one that it starts from, and the teacher of its labels."""
        teacher = self.data.teacher if isinstance(self.data, Weak) else None
        return [job for job in (self.start, teacher) if isinstance(job, Job)]


@dataclass(frozen=True)
class Size:
    """How large a study is.

    Attributes:
        scale: factor on all numbers of pictures seen.
        most: most pictures of any dataset; None for all.
        seeds: most seeds of an arm; None for all.
        hidden: width of the paper network's wide layer; None for the network's own.
        area: pixels of the light network's input; None for the network's own.
        percent: of a deep network's published channels; None for the network's own.
        shares: most shares of the study "efficiency"; None for all.
    """

    scale: float = 1.0
    most: int | None = None
    seeds: int | None = None
    hidden: int | None = None
    area: int | None = None
    percent: int | None = None
    shares: int | None = None

    def seeds_of(self, study: int) -> range:
        """The seeds of an arm, of which the study has this number."""
        return range(study if self.seeds is None else min(self.seeds, study))


FULL, SMOKE = Size(), Size(scale=0.002, most=48, seeds=1, hidden=32, area=64 * 64, percent=4, shares=1)

# The paper's start, loss, optimizer and initial rate. To leave the plateau of the mean map takes a number of steps, not
# of pictures, so small batches make it affordable. The paper's schedule of hundreds of epochs is cut off, not squeezed:
# after some epochs the rate is still near .3, and a momentum that rises to .999 (JuntingNet's) is still near .9. Only
# the study "protocol" squeezes it.
SQUARED = TrainSettings(
    batch_size=16, loss="mse", optimizer="sgd", learning_rate=(0.3, 0.3), momentum=(0.9, 0.9), precision="bf16-mixed"
)
# The recipe of the shipped weights, except for the length: density, KL divergence.
DENSITY = TrainSettings(
    batch_size=64, loss="kl", optimizer="adamw", learning_rate=(4e-4, 0), schedule="cosine", warmup=50,
    precision="bf16-mixed",
)  # fmt: skip
DENSITY_HUMAN = replace(DENSITY, dropout=0.3, average=0.995, augmentation=Augmentation(geometry=0.6, color=0.6))
# The lengths of the study "protocol": the paper's, divided by these. Its pictures repeat, hence the augmentation.
PROTOCOL_PARTS = (4096, 2048, 1024, 512)
WEAK_PICTURES = 32_000
# Of the studies "encoder", "deeper" and "efficiency": the pictures of each step.
SHORT_WEAK, SHORT_HUMAN = 3_000, 4_500
DEEPER_SHARES = (0.1, 1.0)
Kind = tuple[NetworkConfig, Sequence[TrainSettings]]  # a network, and the settings of its two steps
# The paper's network in so few pictures.
FIVE_LAYER: Kind = (HE, tuple(replace(step, batch_size=32) for step in (DENSITY, DENSITY_HUMAN)))


def plateau_study(size: Size) -> list[Job]:
    """From N(0, 0.01): which rates diverge, and how long the loss stays on the plateau of the mean map."""

    def job(
        arm: str, rate: float, *, data: Weak | Human = Weak(), network: PaperConfig = PAPER,
        start: Job | None = None, **changes: Any,
    ) -> Job:  # fmt: skip
        settings = replace(SQUARED, learning_rate=(rate, rate), **changes)
        return Job(f"plateau/{arm}", data, 32_000, 800, settings, start, network)

    weak, people = job("rate-0.3", 0.3), Human(("dut_omron",))
    return [
        weak,
        job("people", 0.3, data=people),
        job("people-from-weak", 0.3, data=people, start=weak),
        job("rate-0.1", 0.1),
        job("rate-1", 1.0),
        job("rate-3", 3.0),
        job("float32", 0.3, precision="32-true"),
        job("head-juntingnet", 0.3, network=replace(PAPER, head="juntingnet")),
        job("momentum-0.99", 0.3, momentum=(0.99, 0.99)),
        job("he-start", 0.3, network=HE),
    ]


def convergence_study(size: Size) -> list[Job]:
    """Fig. 2: loss over epochs on DUT-OMRON, pre-trained start against random start.

    The third arm starts at random and has the compute of pre-training and fine-tuning together.
    """
    jobs, people, weak_pictures, pictures, every = [], Human(("dut_omron",)), 32_000, 28_000, 1_000
    for seed in size.seeds_of(5):
        settings = replace(SQUARED, seed=seed)
        weak = Job("pre/squared", Weak(), weak_pictures, 4_000, settings, network=PAPER)
        jobs += [
            Job("convergence/weak", people, pictures, every, settings, start=weak),
            Job("convergence/random", people, pictures, every, settings, network=PAPER),
            Job("convergence/random-longer", people, weak_pictures + pictures, every, settings, network=PAPER),
        ]
    return jobs


def fixation_study(size: Size) -> list[Job]:
    """How many pictures with fixations weak pre-training saves, with the recipe of the shipped weights ("labels").

    The rate is constant, the running mean of the weights is scored, and a run that no longer improves ends early: a
    longer budget is never a disadvantage of the random start. At equal compute, however, the pre-trained start sees
    fewer human maps, which is its disadvantage where many are available; there it is also fine-tuned as long as the
    random start. At some shares the teacher is the ensemble instead of GBVS: does a better teacher make a better
    student?
    """
    jobs = []
    for seed in size.seeds_of(3):
        weak, ensemble = pretraining(Weak(), seed), pretraining(Weak(teacher="ensemble"), seed)
        settings = replace(DENSITY_HUMAN, seed=seed, learning_rate=(4e-4, 4e-4), patience=6)
        for share in SHARES:
            pictures = min(20_000, round(480_000 * share))
            longer = WEAK_PICTURES + pictures
            every, people = max(300, pictures // 12), Human(share=share)
            jobs += [
                Job(f"labels/weak-{share:g}", people, pictures, every, settings, start=weak),
                Job(f"labels/random-{share:g}", people, longer, every, settings),
            ]
            if share in EQUAL_FINE_TUNING:
                jobs.append(Job(f"labels/weak-as-long-{share:g}", people, longer, every, settings, start=weak))
            if share in ENSEMBLE:
                arm, seen = ("ensemble-as-long", longer) if share in EQUAL_FINE_TUNING else ("ensemble", pictures)
                jobs.append(Job(f"labels/{arm}-{share:g}", people, seen, every, settings, start=ensemble))
    return jobs


def selection_study(size: Size) -> list[Job]:
    """What matters in step 1, measured after fine-tuning on a tenth of the pictures with fixations."""
    kinds = {
        "lowest-half": Weak(),
        "random-half": Weak(order="random"),
        "highest-half": Weak(order="highest"),
        "all": Weak(keep=1.0),
        "lowest-500": Weak(keep=500),
        "teacher-128": Weak(size=128),
        "graph": Weak(teacher="gbvs-graph"),
    }
    return [
        Job(
            f"selection/{arm}", Human(share=0.1), 12_000, 1_200, replace(DENSITY_HUMAN, seed=seed),
            start=pretraining(weak, seed),
        )
        for seed in size.seeds_of(3)
        for arm, weak in kinds.items()
    ]  # fmt: skip


def encoder_study(size: Size) -> list[Job]:
    """Weak pre-training of a modern encoder: ImageNet or random start, with and without it, at equal compute.

    The light network with a small input area, to be affordable, and a tenth of the pictures with fixations.
    """
    light, people = LiteConfig(area=96 * 256), Human(share=0.1)
    # A random encoder has nothing to preserve: no layer is frozen, and all train at the full rate.
    steps = (RECIPES["lite"].pretrain, RECIPES["lite"].finetune)
    starts = {"imagenet": steps, "random": tuple(replace(s, frozen=0, encoder_rate=1) for s in steps)}
    jobs = []
    for seed in size.seeds_of(3):
        for name, stages in starts.items():
            step1, step2 = (replace(stage, seed=seed) for stage in stages)
            start = "imagenet" if name == "imagenet" else None
            weak = Job(f"pre/lite-{name}", Weak(aspect=True), SHORT_WEAK, 1_500, step1, start, light)
            jobs += [
                Job(f"encoder/{name}-weak", people, SHORT_HUMAN, 900, step2, weak, light),
                Job(f"encoder/{name}", people, SHORT_WEAK + SHORT_HUMAN, 900, step2, start, light),
            ]
    return jobs


def deeper_study(size: Size) -> list[Job]:
    """The paper's future work: does a deeper network profit more from weak pre-learning than a shallow one?

    Random start against weak pre-training at equal compute, with a tenth of the pictures with fixations and with all,
    in as many pictures as the study "encoder" sees, whose random starts are the light network's answer. Two cores can
    train that: VGG-16 and GoogLeNet have a quarter of their channels, and batches are small, because the first steps
    count more than their precision.
    """
    deep = tuple(replace(s, batch_size=16, warmup=100) for s in (RECIPES["vgg16"].pretrain, RECIPES["vgg16"].finetune))
    kinds: dict[str, Kind] = {
        "five-layer": FIVE_LAYER,
        "vgg16": (DeepConfig("vgg16", percent=25), deep),
        "googlenet": (DeepConfig("googlenet", percent=25), deep),
    }
    jobs = []
    for share in DEEPER_SHARES:
        for seed in size.seeds_of(2):
            for name, kind in kinds.items():
                jobs += against_random(f"deeper/{name}", share, seed, kind)
    return jobs


def efficiency_study(size: Size) -> list[Job]:
    """How many labels does the best honest weak teacher save, at each share of them, and where does it stop?

    The paper's network as in the study "deeper", whose arms stand for two of the shares. The teacher is the light
    network from ImageNet's encoder. It learns from the very pictures with fixations that its student has afterwards,
    so the student owes nothing to fixations on other pictures. Then it labels the photographs.
    """
    jobs, light = [], LiteConfig(area=96 * 256)
    for seed in size.seeds_of(2):
        settings = replace(RECIPES["lite"].finetune, seed=seed)
        for share in SHARES[: size.shares]:
            teacher = Job(
                f"efficiency/teacher-{share:g}", Human(share=share), SHORT_HUMAN, 1_500, settings, "imagenet", light
            )
            start = short_pretraining(f"pre/light-{share:g}", Weak(teacher, size=None), seed, FIVE_LAYER)
            study = "deeper" if share in DEEPER_SHARES else "efficiency"
            weak, random = against_random(f"{study}/five-layer", share, seed, FIVE_LAYER)
            jobs += [weak, random, replace(weak, arm=f"efficiency/five-layer-light-{share:g}", start=start)]
    return jobs


def protocol_study(size: Size) -> list[Job]:
    """The paper's two steps with the rate falling and the momentum rising to their ends, at several lengths.

    The same settings at each length, with and without step 1. What the paper's length would give is extrapolated from
    three of them; a fourth tests that.
    """
    jobs = []
    for parts in PROTOCOL_PARTS:
        weak, people = (step.cut(Fraction(1, parts)) for step in PROTOCOL)
        photographs, fixations = Weak(), Human(("dut_omron",))
        step1, step2 = (_short_batches(step.settings) for step in PROTOCOL)
        pre = Job(f"pre/protocol-{parts}", photographs, weak, weak // 20, step1, network=PAPER)
        jobs += [
            Job(f"protocol/weak-{parts}", fixations, people, people // 20, step2, pre, PAPER),
            Job(f"protocol/random-{parts}", fixations, people, people // 20, step2, None, PAPER),
        ]
    return jobs


def _short_batches(settings: TrainSettings) -> TrainSettings:
    return replace(settings, batch_size=SQUARED.batch_size, precision=SQUARED.precision)


def against_random(arm: str, share: float, seed: int, kind: Kind) -> list[Job]:
    """A network on a share of the pictures with fixations: after weak pre-training, and longer from a random start."""
    settings, people = replace(kind[1][1], seed=seed), Human(share=share)
    weak = short_pretraining(f"pre/deeper-{arm.partition('/')[2]}", Weak(), seed, kind)
    return [
        Job(f"{arm}-weak-{share:g}", people, SHORT_HUMAN, 1_500, settings, weak, kind[0]),
        Job(f"{arm}-random-{share:g}", people, SHORT_WEAK + SHORT_HUMAN, 1_500, settings, None, kind[0]),
    ]


def short_pretraining(arm: str, weak: Weak, seed: int, kind: Kind) -> Job:
    """Step 1 of the studies "deeper" and "efficiency"."""
    return Job(arm, weak, SHORT_WEAK, 1_500, replace(kind[1][0], seed=seed), network=kind[0])


def pretraining(weak: Weak, seed: int) -> Job:
    """Step 1 of the shipped weights, but shorter."""
    name = f"pre/{weak.teacher}-{weak.size}-{weak.order}-{weak.keep:g}"
    return Job(name, weak, WEAK_PICTURES, 4_000, replace(DENSITY, seed=seed))


STUDIES: dict[str, Callable[[Size], list[Job]]] = {
    "plateau": plateau_study,
    "convergence": convergence_study,
    "labels": fixation_study,
    "selection": selection_study,
    "encoder": encoder_study,
    "deeper": deeper_study,
    "efficiency": efficiency_study,
    "protocol": protocol_study,
}


def with_starts(jobs: Sequence[Job]) -> list[Job]:
    """The jobs and the jobs that they need, each once, in an order in which they can be carried out."""
    ordered: dict[Job, None] = {}
    for job in jobs:
        ordered |= dict.fromkeys([*with_starts(job.needs), job])
    return list(ordered)
