"""What the cards of weights say, for people to read."""

from typing import Any

SHOWN = ("cc", "nss", "auc_judd", "kl_div", "sim", "info_gain")


def describe(card: dict[str, Any]) -> list[str]:
    """A model in a few lines: what it sees, how large and fast it is, what it scores, under which terms it comes.

    What the card does not say is left out: cards of people's own exports have no scores, summary or terms.
    """
    if "input_size" in card:
        sees = f"{card['input_size']}x{card['input_size']} pixels, whatever the picture's aspect"
    else:
        sees = f"about {card['input_area']:,} pixels in the picture's aspect"
    lines = [f"{card['parameters'] / 1e6:.1f} M parameters, {card['bytes'] / 1e6:.1f} MB; sees {sees}"]
    if "speed" in card:
        speed = card["speed"]
        lines.append(f"{speed['milliseconds']:.1f} ms for {speed['what']}, {speed['on']}")
    for dataset, scores in card.get("scores", {}).items():
        told = [f"{name} {scores[name]['mean']:.3f}" for name in SHOWN if name in scores]
        lines.append(f"{dataset}: {', '.join(told)}")
    return lines + [card[key] for key in ("summary", "terms") if key in card]
