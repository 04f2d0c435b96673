"""Spectral residual: what the log spectrum of a picture has beyond its smooth trend.

Hou, Zhang, "Saliency Detection: A Spectral Residual Approach", CVPR 2007. The log amplitude spectra of natural pictures
look alike; what remains after the local average is taken away is what is particular about this picture.

From the publication: the gray picture at 64 pixels, log amplitude minus its 3x3 average, inverse transform with the
phase kept, squared, Gaussian blur. Our choice: sigma 2.5 of 64 pixels, as in the authors' short script as far as we
know (the publication's own blur is larger); an average that wraps around, as the spectrum does, so that mirrored
pictures have mirrored maps; frequencies without any amplitude, as in gray stripes, stay without, instead of getting
the logarithm of a rounding error.
"""

import numpy as np

from wepsam import maps
from wepsam.classical._frame import checked, finished, working_size

LONGEST = 64  # pixels of the longer side
BLUR = 2.5  # pixels
NOTHING = 1e-6  # an amplitude this small, of gray levels, is rounding


def spectral_residual(stimulus: np.ndarray) -> np.ndarray:
    """Saliency map of a picture by its spectral residual.

    Args:
        stimulus: (H, W, 3) uint8 RGB.

    Returns:
        (H, W) float32 in [0, 1], largest value 1; zeros for a uniform picture.

    Raises:
        ValueError: the stimulus is not (H, W, 3) uint8.

    References:
        Hou, Zhang, "Saliency Detection: A Spectral Residual Approach", CVPR 2007.
    """
    picture = working_size(checked(stimulus), LONGEST, enlarge=True)
    gray = picture @ np.array([0.299, 0.587, 0.114])
    spectrum = np.fft.fft2(gray)
    amplitude = np.abs(spectrum)
    present = amplitude > NOTHING * gray.size
    log_amplitude = np.log(np.where(present, amplitude, 1))
    phase = spectrum / np.where(present, amplitude, 1)
    kept = np.fft.ifft2(np.where(present, np.exp(residual(log_amplitude)) * phase, 0))
    return finished(maps.blur(np.abs(kept) ** 2, BLUR), stimulus.shape)


def residual(log_amplitude: np.ndarray) -> np.ndarray:
    """(h, w) log amplitudes minus the average of the 3x3 around each; the spectrum is periodic, so neighbors wrap."""
    average = log_amplitude
    for axis in (0, 1):
        average = (np.roll(average, 1, axis) + average + np.roll(average, -1, axis)) / 3
    return log_amplitude - average
