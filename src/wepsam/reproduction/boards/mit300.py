"""Scores of other models on MIT300, quoted, and the rows that belong to our models.

The board of the MIT Saliency Benchmark (Bylinskii et al., saliency.mit.edu) as it stood until about 2018. The fixations
of its 300 pictures are not public, so nothing can be measured on them here. Its protocol is our `mit`. Scores are
quoted as printed, with two digits; none of them is ours.
"""

METRICS = ("auc_judd", "sim", "emd", "auc_borji", "auc_shuffled", "cc", "nss", "kl_div")
Score = dict[str, float]  # by metric

MIT300: dict[str, Score] = {
    name: dict(zip(METRICS, scores, strict=True))
    for name, scores in {
        "SalNet": (0.83, 0.52, 3.31, 0.82, 0.69, 0.58, 1.51, 0.81),
        "BMS": (0.83, 0.51, 3.35, 0.82, 0.65, 0.55, 1.41, 0.81),
        "eDN": (0.82, 0.41, 4.56, 0.81, 0.62, 0.45, 1.14, 1.14),
        "GBVS": (0.81, 0.48, 3.51, 0.80, 0.63, 0.48, 1.24, 0.87),
        "CovSal": (0.81, 0.47, 3.39, 0.67, 0.57, 0.45, 1.22, 2.68),
        "RARE2012, improved": (0.81, 0.48, 3.74, 0.80, 0.66, 0.51, 1.34, 0.89),
        "LDS": (0.81, 0.52, 3.06, 0.76, 0.60, 0.52, 1.36, 1.05),
        "Judd": (0.81, 0.42, 4.45, 0.80, 0.60, 0.47, 1.18, 1.12),
        "JuntingNet": (0.80, 0.46, 4.06, 0.79, 0.64, 0.54, 1.43, 0.96),
        "WEPSAM": (0.80, 0.45, 4.22, 0.78, 0.62, 0.51, 1.36, 1.00),
        "FES": (0.80, 0.49, 3.36, 0.73, 0.59, 0.48, 1.27, 1.20),
        "STC": (0.79, 0.39, 4.79, 0.78, 0.54, 0.40, 0.97, 1.23),
        "MR-CNN": (0.79, 0.48, 3.71, 0.75, 0.69, 0.48, 1.37, 1.08),
        "CNN-VLM": (0.79, 0.43, 4.55, 0.79, 0.71, 0.44, 1.18, 1.06),
        "MKL": (0.78, 0.42, 4.40, 0.78, 0.61, 0.42, 1.08, 1.10),
        "RARE2012": (0.77, 0.46, 4.11, 0.75, 0.67, 0.42, 1.15, 1.01),
        "AIM": (0.77, 0.40, 4.73, 0.75, 0.66, 0.31, 0.79, 1.18),
        "LGS": (0.76, 0.42, 4.63, 0.76, 0.66, 0.39, 1.02, 1.11),
        "Image Signature": (0.75, 0.43, 4.49, 0.74, 0.66, 0.38, 1.01, 1.09),
        "Itti-Koch, Harel's variant": (0.75, 0.44, 4.26, 0.74, 0.63, 0.37, 0.97, 1.03),
        "CAS": (0.74, 0.43, 4.46, 0.73, 0.65, 0.36, 0.95, 1.06),
        "AWS": (0.74, 0.43, 4.62, 0.73, 0.68, 0.37, 1.01, 1.07),
        "GNMS": (0.74, 0.42, 4.49, 0.67, 0.63, 0.34, 0.97, 1.21),
        "NARFI": (0.73, 0.38, 4.75, 0.61, 0.55, 0.31, 0.83, 5.17),
        "SDSR": (0.71, 0.41, 4.55, 0.69, 0.64, 0.31, 0.83, 1.54),
        "CIW": (0.70, 0.38, 5.18, 0.69, 0.65, 0.27, 0.73, 1.23),
        "SUN": (0.67, 0.38, 5.10, 0.66, 0.61, 0.25, 0.68, 1.27),
        "Itti-Koch, SaliencyToolbox": (0.60, 0.20, 5.17, 0.54, 0.53, 0.14, 0.43, 2.30),
        "center Gaussian": (0.78, 0.45, 3.72, 0.77, 0.51, 0.38, 0.92, 1.24),
        "one human": (0.80, 0.38, 3.48, 0.66, 0.63, 0.52, 1.65, 6.19),
        "infinite humans": (0.92, 1.00, 0.00, 0.88, 0.81, 1.00, 3.29, 0.00),
    }.items()
}

# Our name of a model -> its row. Models without a row (spectral_residual, gao, ...) were not on the board, or under no
# name that we are sure of.
ROWS = {
    "aim": "AIM",
    "bms": "BMS",
    "cas": "CAS",
    "center-gaussian": "center Gaussian",
    "ciw": "CIW",
    "cnn_vlm-lite0-none": "CNN-VLM",  # the method on other features; without the calibration, as published
    "covsal": "CovSal",
    "edn": "eDN",
    "fes": "FES",
    "gbvs": "GBVS",
    "gnms": "GNMS",
    "image_signature": "Image Signature",
    "itti": "Itti-Koch, Harel's variant",
    "itti-1998": "Itti-Koch, SaliencyToolbox",
    "judd": "Judd",
    "lgs": "LGS",
    "mkl": "MKL",
    "mr_cnn": "MR-CNN",
    "narfi": "NARFI",
    "one-observer": "one human",
    "rare2012": "RARE2012, improved",  # blurred and centered, as ours is by default
    "rare2012-raw": "RARE2012",
    "sdsr": "SDSR",
    "stc": "STC",
    "sun": "SUN",
    "wepsam-paper": "WEPSAM",
}


def quoted(model: str) -> Score | None:
    """The public scores of one of our models, by its name; None without a row."""
    return MIT300.get(ROWS.get(model, ""))
