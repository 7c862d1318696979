"""What recording a mini-batch takes of a loop's thread: python -m tests.load.recording.

The loop is the lesson's, Model4 and Model5 with 64 rows of 20 tokens. A call hands over the loss,
scores and targets. It prints the median and the 95th percentile in microseconds, those of calls
that take a snapshot apart, and ends with status 1 if a median is above 50.
"""

import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

import torch
import torch.nn.functional as F

import hnviz
from hnviz.config import RunConfig
from hnviz.data import stream_of
from hnviz.learn import build_model
from hnviz.learn.feed import Feed
from hnviz.learn.state import mapped
from hnviz.runs import RunFolder

MOST = 50.0  # microseconds
EPOCHS = 4


def measured(model: str, folder: Path) -> tuple[list[float], list[float]]:
    """Train some epochs; return what each call took, without and with a snapshot, in seconds."""
    config, plain, snapshots = RunConfig.for_model(model, device="cpu"), [], []
    stream = stream_of(config)
    feed = Feed.lay_out(stream.train, config, "every", "cpu")
    net = build_model(config, len(stream.vocab))
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    rec = hnviz.record(net, optimizer=optimizer, epochs=EPOCHS, runs_dir=folder, bs=config.bs)
    state, taken = net.init_state(config.bs), 0
    for _ in range(EPOCHS):
        for x, y in zip(feed.x, feed.y, strict=True):
            logits, state = net(x, state)
            state = mapped(state, torch.Tensor.detach)
            loss = F.cross_entropy(logits.flatten(0, 1), y.flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            begun = time.perf_counter()
            rec.batch(loss, logits, y)
            seconds = time.perf_counter() - begun
            now = rec.n_snapshots
            (snapshots if now > taken else plain).append(seconds)
            taken = now
    rec.close()
    assert rec.folder is not None and rec.left_out == 0
    assert len(RunFolder(rec.folder).read().batches) == EPOCHS * len(feed)
    return plain, snapshots


def main() -> int:
    """Print what the calls took; return the exit status."""
    torch.set_num_threads(1)
    worst = 0.0
    for model in ("Model4", "Model5"):
        with tempfile.TemporaryDirectory() as folder:
            plain, snapshots = measured(model, Path(folder))
        middle, high = 1e6 * median(plain), 1e6 * quantiles(plain, n=20)[-1]
        worst = max(worst, middle)
        print(
            f"{model}: {len(plain)} calls, median {middle:.0f} us, p95 {high:.0f}; "
            f"{len(snapshots)} with a snapshot, median {1e6 * median(snapshots):.0f} us",
            flush=True,
        )
    return int(worst > MOST)


if __name__ == "__main__":
    sys.exit(main())
