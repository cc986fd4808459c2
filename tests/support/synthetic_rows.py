"""Made-up tokenised positions: every array in range and consistent, no game behind them."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml

Arrays = dict[str, npt.NDArray[np.int8]]


def synthetic_arrays(n: int, seed: int) -> Arrays:
    """`n` rows of the eight arrays of `formats.md`; qvals and values in the team-0 frame."""
    rng = np.random.default_rng(seed)
    players = rng.integers(0, 4, n)
    teams = players % 2
    tokens = np.zeros((n, 32, 12), dtype=np.int64)
    for feature, size in enumerate((7, 7, 2, 3, 8, 4, 2, 2, 2, 8, 10, 4)):
        tokens[:, 1:, feature] = rng.integers(0, size, (n, 31))
    tokens[:, 1:29, 9] = np.repeat(np.arange(1, 5), 7)
    tokens[:, :, 10] = rng.integers(0, 10, n)[:, None]
    masks = np.ones((n, 32), dtype=np.int64)
    masks[:, 29:] = np.arange(3) < rng.integers(0, 4, n)[:, None]
    tokens *= masks[:, :, None]

    legal = rng.integers(0, 2, (n, 7))
    legal[np.arange(n), rng.integers(0, 7, n)] = 1
    qvals = np.where(legal == 1, rng.integers(-42, 43, (n, 7)), -128)
    acting = np.where(legal == 1, qvals * (1 - 2 * teams)[:, None], -1000)
    targets = acting.argmax(axis=1)
    arrays = {
        "tokens": tokens,
        "masks": masks,
        "targets": targets,
        "legal": legal,
        "qvals": qvals,
        "teams": teams,
        "players": players,
        "values": qvals[np.arange(n), targets],
    }
    return {name: array.astype(np.int8) for name, array in arrays.items()}


def write_split(folder: Path, arrays: Arrays) -> Path:
    """Save the arrays as the tokeniser does and return the folder."""
    folder.mkdir(parents=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return folder


def write_rows(folder: Path) -> Path:
    """128 train and 37 val rows as a folder for training: four and two steps of 32."""
    for i, (split, n) in enumerate((("train", 128), ("val", 37))):
        write_split(folder / split, synthetic_arrays(n, seed=i))
    entry = {"samples": 128, "sha256": "ab12"}
    (folder / "manifest.yaml").write_text(yaml.safe_dump({"splits": {"train": entry}}))
    return folder
