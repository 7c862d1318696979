"""How many threads torch may use."""


def use_one_thread() -> None:
    """Limit torch to one thread: on an idle machine a second makes these models no faster.

    On a busy machine it makes them far slower.
    """
    import torch

    torch.set_num_threads(1)
