"""How far apart two colours look: CIEDE2000, also as colour-blind eyes see them."""

import numpy as np

from hnviz.figures.theme import Theme

# Linear RGB to XYZ (D65), and the white of the latter.
_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                 [0.0193339, 0.1191920, 0.9503041]])  # fmt: skip
_WHITE = np.array([0.95047, 1.0, 1.08883])

# Machado, Oliveira and Fernandes 2009, at full strength; for colours in linear RGB.
SIGHTS = {
    "all cones": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                            [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                              [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                            [0.004733, 0.691367, 0.303900]]),
}  # fmt: skip

HUE = 10.0
"""CIELAB chroma from which a colour has a hue; ink, paper and greys have less."""


def lab(colors: list[str], sight: str = "all cones") -> np.ndarray:
    """Return the colours "#RRGGBB" in CIELAB, (colors, 3), as one kind of eye sees them."""
    rgb = np.array([[int(each[at : at + 2], 16) for at in (1, 3, 5)] for each in colors]) / 255
    linear = np.clip(_linear(rgb) @ SIGHTS[sight].T, 0, 1)
    xyz = linear @ _XYZ.T / _WHITE
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack(
        [116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1
    )


def distance(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Return CIEDE2000 between CIELAB colours, as in Sharma, Wu and Dalal 2005."""
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(one, -1, 0), np.moveaxis(two, -1, 0)
    chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    c1, c2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, stretch * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = np.where(c1 * c2 == 0, 0, (h2 - h1 + 180) % 360 - 180)
    lightness, chroma, hue = (l1 + l2) / 2, (c1 + c2) / 2, (h1 + turn / 2) % 360
    t = (1 - 0.17 * _cos(hue - 30) + 0.24 * _cos(2 * hue)
         + 0.32 * _cos(3 * hue + 6) - 0.2 * _cos(4 * hue - 63))  # fmt: skip
    away = (lightness - 50) ** 2
    d_l = (l2 - l1) / (1 + 0.015 * away / np.sqrt(20 + away))
    d_c = (c2 - c1) / (1 + 0.045 * chroma)
    d_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * chroma * t)
    turned = np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    both = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * turned
    return np.asarray(np.sqrt(d_l**2 + d_c**2 + d_h**2 + both * d_c * d_h))


def contrast(one: str, two: str) -> float:
    """Return the contrast of two colours, 1 to 21, as WCAG defines it."""
    rgb = np.array([[int(each[at : at + 2], 16) for at in (1, 3, 5)] for each in (one, two)]) / 255
    dark, light = sorted(_linear(rgb) @ np.array([0.2126, 0.7152, 0.0722]))
    return float((light + 0.05) / (dark + 0.05))


def along(colors: tuple[str, ...], n: int = 128) -> list[str]:
    """Return n colours of a scale, mixed as kit/js/ramp.js mixes them."""
    stops = np.array([[int(each[at : at + 2], 16) for at in (1, 3, 5)] for each in colors])
    places = np.linspace(0, len(colors) - 1, n)
    mixed = [np.interp(places, np.arange(len(colors)), stops[:, part]) for part in range(3)]
    return [
        "#" + "".join(f"{round(part):02X}" for part in each) for each in zip(*mixed, strict=True)
    ]


def with_hue(colors: list[str]) -> list[str]:
    """Return those that are neither ink nor paper nor grey."""
    chroma = np.hypot(*lab(colors)[:, 1:].T)
    return [color for color, much in zip(colors, chroma, strict=True) if much >= HUE]


def scales(look: Theme) -> list[str]:
    """Return all colours of a mode's value scales that have a hue."""
    each = (look.diverging, look.sequential, look.gradient)
    return with_hue([color for scale in each for color in along(scale)])


def _linear(rgb: np.ndarray) -> np.ndarray:
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def _cos(degrees: np.ndarray) -> np.ndarray:
    return np.asarray(np.cos(np.radians(degrees)))
