"""What is said of the network that is understood to the last weight."""

from hnviz.tasks.parity import (
    AFTER_ONE,
    AFTER_ZERO,
    LENGTH,
    SITUATIONS,
    Network,
    parity_network,
    recipe,
)

MINUS = "\N{MINUS SIGN}"
LEAD = (
    "It answers after every bit: is the number of ones so far even or odd? Press a bit to change "
    "it, and see which unit turns on."
)


def understood_lines() -> list[str]:
    """Return the paragraphs below the picture: rule, mechanism, any length, every weight."""
    network = parity_network()
    return [_rule(network), _mechanism(network), _any_length(network), _every_weight(network)]


def how_found() -> str:
    """Say how the network was made."""
    made = recipe()
    return (
        f"{made['of']} networks were trained side by side for {made['steps']:,} steps, with a "
        "penalty on the size of each weight, which pushes useless ones to zero. With weights "
        f"rounded to two decimals, {made['right']} of them answer every input right; the one with "
        "the most zeros is shown. `hnviz.bench.parity` trains them again."
    )


def _rule(network: Network) -> str:
    n = sum(2**length for length in range(1, LENGTH + 1))
    agree = n - network.wrong()
    return (
        f"**The rule in words.** Unit {AFTER_ZERO} is on if the number of ones is even and the "
        f"last bit was a 0. Unit {AFTER_ONE} is on if it is even and the last bit was a 1. If one "
        "of them is on, the answer is even; if both are off, odd. The network does just that for "
        f"{agree:,} of all {n:,} inputs of up to {LENGTH} bits."
    )


def _mechanism(network: Network) -> str:
    lift, press = network.embed[0, AFTER_ZERO], network.embed[0, AFTER_ONE]
    return (
        "**How the weights do it.** Both units see their own sum. While one of them is on, the "
        f"sum is near 0, and the bit decides: a 0 turns unit {AFTER_ZERO} on ({_signed(lift)}), a "
        f"1 turns both off, and the count is odd. While both are off, the sum is near {MINUS}2: "
        f"that holds unit {AFTER_ZERO} down and lifts unit {AFTER_ONE}. A 0 still holds unit "
        f"{AFTER_ONE} down ({_signed(press)}); a 1 lets it turn on, and the count is even again."
    )


def _any_length(network: Network) -> str:
    ahead = min(network.margins(network.regions()).values())
    return (
        f"**Longer inputs, too.** {len(SITUATIONS)} boxes around the state can be calculated, one "
        "for each of even and odd and each last bit. Wherever the state is in a box, a 0 or a 1 "
        "takes it into the right box again, so it never leaves them, however long the input is. "
        f"In each box the right answer's logit is ahead by {ahead:.1f} or more."
    )


def _every_weight(network: Network) -> str:
    matter = sum(weight.wrong > 0 for weight in network.weights)
    idle = [unit for unit in range(network.n_units) if not network.recur[unit].any()]
    return (
        f"**Every weight.** {network.n_weights} numbers were trained, and {network.n_zero} of them "
        f"became 0: unit {idle[0]} has no weight left. {matter} are needed, each alone: point at "
        "one to see how many answers go wrong without it. Unit 0 and the answer's weights have "
        f"spare strength, so one of them can be missed. The {len(SITUATIONS)} boxes are all that "
        "there is to remember: even or odd, and the last bit."
    )


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", MINUS)
