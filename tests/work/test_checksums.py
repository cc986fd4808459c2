"""Checksums of older files, and of data that are compared little by little."""

import re
import zlib
from pathlib import Path

import numpy as np
import pytest

from forge.errors import ForgeError
from forge.learn.weights import load_weights, safetensors_bytes, stripped_state
from forge.ml.module import DominoLightningModule
from forge.ml.rows import ROW_SHAPES
from forge.ml.tokenized.block_sums import BLOCK_ROWS, BLOCK_SUMS, BlockSums, sums_of
from forge.work.checksums import BLANK_SEAL, FILE_SEAL_KEY, crc32, sealed
from support.checkpoints import tiny_module


def test_crc32_of_much_and_of_little_is_that_of_zlib() -> None:
    for n in (0, 1, 1000, (1 << 20) - 1, (1 << 20) + 3):
        data = np.arange(n, dtype=np.uint8).tobytes()
        assert crc32(data, 7) == zlib.crc32(data, 7)


def test_weights_with_the_seal_of_older_files_are_compared_with_it(tmp_path: Path) -> None:
    module = tiny_module()
    written = safetensors_bytes(stripped_state(module), dict(module.hparams), 1)
    told = re.search(rb'"file_crc32":"[0-9a-f]{8}"', written)
    assert told is not None
    old = f'"{FILE_SEAL_KEY}":"{BLANK_SEAL}"'.encode()
    size = int.from_bytes(written[:8], "little") + len(old) - len(told[0])
    header = size.to_bytes(8, "little") + written[8:].replace(told[0], old, 1)
    content = bytearray(sealed(header))
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    load_weights(path, DominoLightningModule)
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ForgeError, match="damaged"):
        load_weights(path, DominoLightningModule)


def test_a_large_split_is_compared_over_some_epochs_and_by_verify_at_once(tmp_path: Path) -> None:
    n_rows = 20 * BLOCK_ROWS
    arrays = {name: np.zeros((n_rows, *shape), np.int8) for name, shape in ROW_SHAPES.items()}
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    np.save(tmp_path / BLOCK_SUMS, sums_of(tmp_path, arrays))
    arrays["qvals"][-1, 0] = 1
    with pytest.raises(ForgeError, match=f"from row {19 * BLOCK_ROWS}"):
        BlockSums(tmp_path, arrays).check_all()
    sums, n_epochs = BlockSums(tmp_path, arrays), 0
    with pytest.raises(ForgeError, match="qvals"):
        while True:
            n_epochs += 1
            for start in range(0, n_rows, 1024):
                sums.check(np.arange(start, start + 1024))
    assert 1 < n_epochs < 9
