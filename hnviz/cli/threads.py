"""How many threads torch may use."""


def use_one_thread() -> None:
    """Leave torch one thread: a second makes these small models no faster on an idle machine.

    On a busy one it makes them far slower.
    """
    import torch

    torch.set_num_threads(1)
