"""Spectral residual: the log spectrum of a picture minus its smooth trend.

Hou, Zhang, "Saliency Detection: A Spectral Residual Approach", CVPR 2007. The log amplitude spectra of natural pictures
look alike. What remains after the local average is subtracted is particular to this picture.

From the publication: the gray picture at 64 pixels, log amplitude minus its 3x3 average, inverse transform with the
phase kept, squared, Gaussian blur.

From the authors' short script: sigma 2.5 of 64 pixels (the publication's own blur is larger), with zeros beyond the
border. The zeros matter: the spectrum takes the picture for periodic, so that opposite borders meet in an edge, and the
blur darkens what this edge leaves.

Ours: a Gaussian that is not cut off, where the script's has 10x10 pixels, which also moves the map by half a pixel; an
average that wraps around, as the spectrum does, where the script's repeats the border. So mirrored pictures have
mirrored maps. Frequencies without any amplitude, as in gray stripes, stay empty instead of getting the logarithm of a
rounding error.
"""

import numpy as np

from wepsam import maps
from wepsam.classical._frame import classical_model, longer_side

LONGEST = 64  # pixels of the longer side
BLUR = 2.5  # pixels
ROUNDING = 1e-6  # gray levels: a smaller amplitude is a rounding error


@classical_model(longer_side(LONGEST, enlarge=True))
def spectral_residual(picture: np.ndarray, /, *, dark_border: bool = True) -> np.ndarray:
    """Saliency map by the spectral residual.

    Args:
        dark_border: blur with zeros beyond the border, as the authors' script does; otherwise the border stays as
            bright as the rest.
    """
    gray = picture @ np.array([0.299, 0.587, 0.114])
    spectrum = np.fft.fft2(gray)
    amplitude = np.abs(spectrum)
    present = amplitude > ROUNDING * gray.size
    log_amplitude = np.log(np.where(present, amplitude, 1))
    phase = spectrum / np.where(present, amplitude, 1)
    filtered = np.fft.ifft2(np.where(present, np.exp(residual(log_amplitude)) * phase, 0))
    energy = np.abs(filtered) ** 2
    if not dark_border:
        return maps.blur(energy, BLUR)
    vertical, horizontal = (_gaussian(side) for side in energy.shape)
    return np.asarray(vertical @ energy @ horizontal)


def residual(log_amplitude: np.ndarray) -> np.ndarray:
    """(h, w) log amplitudes minus the average of the 3x3 around each; the spectrum is periodic, so neighbors wrap."""
    average = log_amplitude
    for axis in (0, 1):
        average = (np.roll(average, 1, axis) + average + np.roll(average, -1, axis)) / 3
    return log_amplitude - average


def _gaussian(side: int) -> np.ndarray:
    """(side, side) weights of the blur along one side; what falls outside is lost. Their scale does not matter."""
    places = np.arange(side)
    return np.asarray(np.exp(-0.5 * (np.subtract.outer(places, places) / BLUR) ** 2))
