"""How a drawing looks: colors, opacity, sizes of the picture, its text and its lines."""

from dataclasses import dataclass

from wepsam import colormaps, overlays
from wepsam.shapes import Shape

SMALLEST, LARGEST = 16, 100_000  # pixels of the longer side that may be asked for
MOST_PIXELS = 100_000_000  # of a drawing, which takes about 25 bytes for each
OWN_PIXELS = 40_000_000  # larger pictures are drawn smaller, unless a size is given
LOWEST_DPI, HIGHEST_DPI = 30, 2400
POINTS = 8.0  # of the text in print: 1/72 inch each

TEXT = 1 / 55  # of the picture's measure: text that is as large as on a page of print
LEAST_TEXT = 10  # pixels; smaller letters cannot be read
MOST_TEXT = 1 / 16  # of the picture's measure


@dataclass(frozen=True)
class Style:
    """How drawings look.

    Attributes:
        opacity: of colors over the picture, and of the fog; from 0 (the picture alone) to 1.
        colors: name of a color ramp, see `colormaps.NAMES`.
        size: pixels of the longer side of the picture in the drawing; None: as it was read, but at most OWN_PIXELS.
        dpi: pixels per inch in print, which is stored in files; text then has 8 points. None: text grows with the
            picture.
        legend: whether a strip below the picture says what is shown. Without it a drawing has the picture's size.
    """

    opacity: float = overlays.STRENGTH
    colors: str = colormaps.DEFAULT
    size: int | None = None
    dpi: float | None = None
    legend: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.opacity <= 1:
            raise ValueError(f"opacity={self.opacity}: expected 0 to 1")
        colormaps.colors(self.colors)
        if self.size is not None and not SMALLEST <= self.size <= LARGEST:
            raise ValueError(f"size={self.size}: expected {SMALLEST} to {LARGEST:,} pixels of the longer side")
        if self.dpi is not None and not LOWEST_DPI <= self.dpi <= HIGHEST_DPI:
            raise ValueError(f"dpi={self.dpi:g}: expected {LOWEST_DPI} to {HIGHEST_DPI} pixels per inch")

    def shape(self, height: int, width: int) -> Shape:
        """The size of the drawing of a picture.

        Args:
            height: of the picture in pixels.
            width: of the picture in pixels.

        Returns:
            (height, width) of the picture in the drawing.

        Raises:
            ValueError: more than MOST_PIXELS.
        """
        if self.size is None:
            scale = min(1.0, (OWN_PIXELS / (height * width)) ** 0.5)
        else:
            scale = self.size / max(height, width)
        shape = max(1, round(height * scale)), max(1, round(width * scale))
        if shape[0] * shape[1] > MOST_PIXELS:
            size = f"{shape[1]}x{shape[0]}"
            raise ValueError(f"a drawing of {size} is too large; expected {MOST_PIXELS:,} pixels or less")
        return shape

    def text(self, shape: Shape) -> int:
        """The size of the text on a drawing.

        Args:
            shape: (height, width) of the picture in the drawing.

        Returns:
            Pixels.
        """
        most = max(LEAST_TEXT, round(measure(shape) * MOST_TEXT))
        wanted = measure(shape) * TEXT if self.dpi is None else POINTS / 72 * self.dpi
        return min(max(LEAST_TEXT, round(wanted)), most)


def measure(shape: Shape) -> float:
    """Pixels that the sizes of text, lines and blur go by: the longer side, or less where a picture is narrow."""
    return min(max(shape), 4 / 3 * min(shape))
