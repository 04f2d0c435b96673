"""The facts of each dataset: one table, which `wepsam datasets list` prints and docs/reference/datasets.md shows."""

from dataclasses import dataclass

from wepsam.markdown import table


@dataclass(frozen=True)
class About:
    """The facts of a dataset.

    Attributes:
        title: its name in the literature.
        names: of its readers, as in -d NAME=FOLDER; the first is the usual one.
        pictures: number with published ground truth.
        size: of the pictures, in words.
        observers: number per picture, in words.
        task: what the observers did, and for how long.
        sigma: standard deviation of the densities in pixels; None where the publication does not state it and the
            reader takes 3 % of the longer side.
        pixels_per_degree: of visual angle; None where it is not stated.
        home: where its authors publish it.
        terms: as its authors state them.
        citation: the publication.
        layout: what the folder holds after unpacking.
    """

    title: str
    names: tuple[str, ...]
    pictures: int
    size: str
    observers: str
    task: str
    sigma: float | None
    pixels_per_degree: float | None
    home: str
    terms: str
    citation: str
    layout: str


UNSTATED = "none stated that we found; ask the authors"

ABOUT: dict[str, About] = {
    "salicon": About(
        "SALICON",
        (
            *(f"salicon-{year}-{kind}" for year in (2015, 2017) for kind in ("fixations", "mouse", "densities")),
            "salicon-densities",
        ),
        15000, "640x480", "about 50 workers, numbered within each picture", "mouse-contingent viewing, 5 s",
        19.0, None, "http://salicon.net",
        "pictures: those of MS COCO; annotations: see the home page",
        "Jiang, Huang, Duan, Zhao, SALICON: Saliency in Context, CVPR 2015",
        "`images/{train,val,test}/*.jpg`, `fixations/{train,val}/*.mat`, `maps/{train,val}/*.png`; `stimuli/` and "
        "`saliency/` for `images/` and `maps/`; without the subfolders; or `fixations_{train,val}2014.json` (2015)",
    ),
    "isun": About(
        "iSUN", ("isun", "isun-gaze", "isun-densities"), 6926, "various", "a few workers with webcams",
        "free viewing", None, None, "http://lsun.cs.princeton.edu", UNSTATED,
        "Xu, Ehinger, Zhang, Finkelstein, Kulkarni, Xiao, TurkerGaze: crowdsourcing saliency with webcam based eye "
        "tracking, arXiv:1504.06755, 2015",
        "`images/*.jpg`, `training.mat`, `validation.mat`, `saliency/*.mat`",
    ),
    "mit1003": About(
        "MIT1003", ("mit1003", "mit1003-densities"), 1003, "longer side 1024", "15", "free viewing, 3 s",
        35.0, 35.0, "http://people.csail.mit.edu/tjudd/WherePeopleLook", UNSTATED,
        "Judd, Ehinger, Durand, Torralba, Learning to predict where humans look, ICCV 2009",
        "`ALLSTIMULI/*.jpeg` (or `stimuli/`), and `fixations.mat` in OSIE's form, `DATA/<observer>/*.mat` (raw gaze, "
        "see below) or `ALLFIXATIONMAPS/*_fixPts.jpg`; densities: `ALLFIXATIONMAPS/*_fixMap.jpg`",
    ),
    "cat2000": About(
        "CAT2000", ("cat2000", "cat2000-densities"), 2000, "1920x1080, gray bars around most", "18, not distinguished",
        "free viewing, 5 s", 40.0, None, "http://saliency.mit.edu, now https://saliency.tuebingen.ai", UNSTATED,
        "Borji, Itti, CAT2000: a large scale fixation dataset for boosting saliency research, CVPR workshop 2015, "
        "arXiv:1505.03581",
        "`trainSet/Stimuli/<Category>/*.jpg`, `trainSet/FIXATIONLOCS/<Category>/*.mat`, `trainSet/FIXATIONMAPS/`; "
        "folders named Output are left out",
    ),
    "toronto": About(
        "Toronto", ("toronto",), 120, "681x511", "20, not distinguished", "free viewing, 4 s", None, None,
        "http://www-sop.inria.fr/members/Neil.Bruce", UNSTATED,
        "Bruce, Tsotsos, Saliency based on information maximization, NIPS 2005",
        "`Original Image Set/*.jpg`, `origfixdata.mat`; or the folder that has `eyetrackingdata/fixdens/`",
    ),
    "osie": About(
        "OSIE", ("osie",), 700, "800x600", "15", "free viewing, 3 s", 24.0, 24.0,
        "https://github.com/NUS-VIP/predicting-human-gaze-beyond-pixels", "MIT license",
        "Xu, Jiang, Wang, Kankanhalli, Zhao, Predicting human gaze beyond pixels, Journal of Vision 2014",
        "`data/stimuli/*.jpg`, `data/eye/fixations.mat`",
    ),
    "dut_omron": About(
        "DUT-OMRON", ("dut_omron",), 5168, "longer side up to 400", "5", "free viewing, 2 s", None, None,
        "http://saliencydetection.net/dut-omron", UNSTATED,
        "Yang, Zhang, Lu, Ruan, Yang, Saliency detection via graph-based manifold ranking, CVPR 2013",
        "`DUT-OMRON-image/*.jpg`, `DUT-OMRON-eye-fixations/mat/*.mat`; or `images/` and `maps/` (densities)",
    ),
    "pascal_s": About(
        "PASCAL-S", ("pascal_s", "pascal_s-densities"), 850, "longer side 500", "8 to 12 (sources differ)",
        "free viewing, 2 s", None, None, "http://cbs.ic.gatech.edu/salobj",
        "pictures: those of PASCAL VOC 2010; fixations: " + UNSTATED,
        "Li, Hou, Koch, Rehg, Yuille, The secrets of salient object segmentation, CVPR 2014",
        "`datasets/imgs/pascal/*.jpg`, `datasets/fixations/pascalFix.mat`, "
        "`algmaps/pascal/humanFix/*.png`",
    ),
    "figrim": About(
        "FIGRIM", ("figrim", "figrim-densities"), 2787, "1000x1000", "about 15", "memory task, first viewing",
        33.0, 33.0, "http://figrim.mit.edu/index_eyetracking.html and https://github.com/cvzoya/figrim", UNSTATED,
        "Bylinskii, Isola, Bainbridge, Torralba, Oliva, Intrinsic and extrinsic effects on image memorability, Vision "
        "Research 2015",
        "`Targets/<category>/*.jpg`, `Fillers/<category>/*.jpg`, `allImages_release.mat`, `allImages_fillers.mat`; or "
        "`FIXATIONLOCS/`, `FIXATIONLOCS_fillers/`; `FIXATIONMAPS/`, `FIXATIONMAPS_fillers/`",
    ),
    "eyecrowd": About(
        "EyeCrowd", ("eyecrowd",), 500, "1024x768 or smaller copies", "16", "free viewing, 5 s", None, None,
        "https://github.com/NUS-VIP/saliency-in-crowd", "MIT license",
        "Jiang, Xu, Zhao, Saliency in crowd, ECCV 2014",
        "`data/stimuli/*.jpg`, `data/eye/fixations.mat`; or `stimuli/*.jpg`, `fixations.csv` (image, observer, x, y)",
    ),
    "scene": About(
        "Scene", ("scene",), 500, "256x256", "10 to 12 of 15", "free viewing", None, None,
        "https://github.com/Yanakz/Scene", "MIT license",
        "Liang, Jiang, Liang, Zhao, Saliency prediction with scene structural guidance, 2015",
        "`data/stimuli/*.jpg`, `data/tidy/fixations.mat`; or `stimuli/*.jpg`, `fixations.csv` (image, observer, x, y); "
        "noisy, a few pictures look misaligned",
    ),
    "sjtu": About(
        "SJTU-TIS", ("sjtu",), 600, "pictures of MS COCO, or smaller copies", "not distinguished",
        "free viewing, without a text", None, None, "https://github.com/IntMeGroup/TGSal", UNSTATED,
        "Sun, Min, Duan, Zhai, How is visual attention influenced by text guidance? Database and model, "
        "arXiv:2404.07537, 2024",
        "`stimuli/*.jpg`, `fixations.csv` (image, x, y)",
    ),
    "emod": About(
        "EMOd", ("emod",), 1019, "various, or copies of 256x256", "16 (our copies: 8)", "free viewing", None, None,
        "https://www-users.cs.umn.edu/~qzhao/emotionalattention.html", "MIT license stated by copies; ask the authors",
        "Fan, Shen, Jiang, Koenig, Xu, Kankanhalli, Zhao, Emotional attention: a study of image sentiment and visual "
        "attention, CVPR 2018",
        "`images/*.jpg`, `maps/*.png` (densities)",
    ),
}  # fmt: skip
"""The facts about each public dataset, by its name."""


def of_reader(name: str) -> About | None:
    """The facts of the dataset that a reader reads; None for the readers of your own pictures."""
    return next((about for about in ABOUT.values() if name in about.names), None)


def markdown() -> str:
    """The two tables in docs/reference/datasets.md: facts; then source, terms and folder layout."""
    facts = [
        (
            about.title,
            ", ".join(f"`{name}`" for name in about.names),
            f"{about.pictures:,}",
            about.size,
            about.observers,
            about.task,
            "3 % of the longer side" if about.sigma is None else f"{about.sigma:g}",
            "not stated" if about.pixels_per_degree is None else f"{about.pixels_per_degree:g}",
        )
        for about in ABOUT.values()
    ]
    sources = [(about.title, about.layout, about.home, about.terms, about.citation) for about in ABOUT.values()]
    head = ("dataset", "`-d` names", "pictures", "size", "observers", "task", "sigma (px)", "px per degree")
    source_head = ("dataset", "folder", "home", "terms as stated", "citation")
    return f"{table(head, facts)}\n\n{table(source_head, sources)}\n"
