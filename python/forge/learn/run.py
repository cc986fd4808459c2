"""A training run: where its files go, what it runs on, and the record of what it was."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch

import forge
from forge.errors import ForgeError, reason_of
from forge.extras import extra
from forge.learn.settings import PRECISIONS
from forge.work.json_text import plain_copy
from forge.work.lifeline import owned
from forge.work.ray_group import this_member
from forge.work.stop import undo_at_end

CHECKPOINTS: Final = "checkpoints"
BEST_CHECKPOINT: Final = "best.ckpt"
LAST_CHECKPOINT: Final = "last.ckpt"
# Who forgets it wants the folder of a run to stay (see `forge.work.stop`).
NEW_RUN: Final = "new run"

# A process of a Ray cluster says where the run is to who started it.
FOLDER_NOTE: Final = "folder"

# From Ampere on (A100, and H100 and newer) bfloat16 is as fast as float16.
_BF16_CAPABILITY: Final = 8
# Processors with either have bfloat16 dot products; measured 2.7 times faster than float32.
_BF16_CPU_FLAGS: Final = frozenset(("avx512_bf16", "amx_bf16"))
# The processes of a DDP run agree on the version through their environment.
_VERSION_VARIABLE: Final = "FORGE_RUN_VERSION"
_RANK_VARIABLES: Final = ("RANK", "SLURM_PROCID", "LOCAL_RANK")


@dataclass(frozen=True)
class Hardware:
    """What a run computes on."""

    accelerator: str  # "cuda" or "cpu", as Lightning names them
    precision: str  # of `PRECISIONS`
    device: str  # in words


def choose_hardware(precision: str = "auto") -> Hardware:
    """CUDA if there, else the CPU, and the precision that suits it.

    Args:
        precision: one of `PRECISIONS`, or auto: bf16-mixed on GPUs of compute capability 8 and
            newer, 16-mixed on older ones; on a CPU bf16-mixed where the processor has bfloat16
            instructions (AVX512-BF16 or AMX), else 32-true.

    Raises:
        ForgeError: on another precision.
    """
    if precision not in ("auto", *PRECISIONS):
        raise ForgeError(f"precision must be auto, {', '.join(PRECISIONS)}, got {precision!r}")
    if torch.cuda.is_available():
        new = torch.cuda.get_device_capability()[0] >= _BF16_CAPABILITY
        automatic = "bf16-mixed" if new else "16-mixed"
        accelerator, device = "cuda", torch.cuda.get_device_name()
    else:
        automatic = "bf16-mixed" if cpu_has_bf16() else "32-true"
        accelerator, device = "cpu", f"CPU, {torch.get_num_threads()} threads"
    return Hardware(accelerator, automatic if precision == "auto" else precision, device)


def cpu_has_bf16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the processor multiplies bfloat16 itself; False where the system does not say."""
    try:
        flags = re.search(r"^flags\s*:(.*)$", cpuinfo.read_text(), re.MULTILINE)
    except OSError:
        return False
    return flags is not None and not _BF16_CPU_FLAGS.isdisjoint(flags[1].split())


def new_run_folder(run_dir: Path, name: str = "domino") -> Path:
    """`{run_dir}/{name}/version_N` with the first free N, made; one for all processes of a run."""
    root, member = run_dir / name, this_member()
    shared = os.environ.get(_VERSION_VARIABLE)
    if shared is not None and "LOCAL_RANK" in os.environ and member is None:
        return root / f"version_{shared}"
    if not join_processes():
        return _first_free_folder(root)
    said: list[str | ForgeError] = [""]
    if is_first_process():
        try:
            said = [_first_free_folder(root).name]
        except OSError as error:
            said = [ForgeError(f"{root}: {reason_of(error)}")]
    torch.distributed.broadcast_object_list(said)
    if isinstance(said[0], ForgeError):
        raise said[0]
    if member is not None and member.rank == 0:
        member.note(FOLDER_NOTE, str((root / said[0]).absolute()))
    return root / said[0]


class Places:
    """The folders in which a run gets one of its own, and which of them were there before it.

    Args:
        run_dir: where runs go.
        name: of the runs of its kind.
    """

    def __init__(self, run_dir: Path, name: str) -> None:
        self._above = (run_dir / name, run_dir)
        self._there_before = [path for path in self._above if path.exists()]

    def remove(self, folder: Path) -> None:
        """Remove the folder of a run of which there is nothing to keep, and what was made for it
        alone."""
        shutil.rmtree(folder, ignore_errors=True)
        for path in self._above:
            if path not in self._there_before and path.exists() and not any(path.iterdir()):
                path.rmdir()


def join_processes() -> bool:
    """Where torchrun or Slurm has started the processes of a run, they find each other here, before
    there is a trainer; those on a Ray cluster have found each other. Returns whether it is a run of
    one of these kinds. Those that Lightning starts itself know more."""
    if this_member() is not None:
        return True
    with extra("train"):
        from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
        from lightning.fabric.plugins.environments.torchelastic import TorchElasticEnvironment

    kinds = (TorchElasticEnvironment, SLURMEnvironment)
    kind = next((each for each in kinds if each.detect()), None)
    if kind is None:
        return False
    if not torch.distributed.is_initialized():
        found = kind()
        os.environ["MASTER_ADDR"], os.environ["MASTER_PORT"] = (
            found.main_address,
            str(found.main_port),
        )
        if torch.cuda.is_available():
            torch.cuda.set_device(found.local_rank())
        torch.distributed.init_process_group(
            "nccl" if torch.cuda.is_available() else "gloo",
            rank=found.global_rank(),
            world_size=found.world_size(),
        )
    return True


def _first_free_folder(root: Path) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    version = 1 + max((version_of(path) for path in root.glob("version_*")), default=-1)
    while True:
        try:
            (root / f"version_{version}").mkdir()
            break
        except FileExistsError:  # another run was quicker
            version += 1
    os.environ[_VERSION_VARIABLE] = str(version)
    folder = root / f"version_{version}"
    undo_at_end(NEW_RUN, partial(shutil.rmtree, folder, ignore_errors=True))
    return folder


def is_first_process() -> bool:
    """Whether this is the process of a run that reports, before there is a trainer to ask."""
    # Of all machines, as torchrun and Slurm number them, or else of this one.
    rank = next((os.environ[each] for each in _RANK_VARIABLES if each in os.environ), "0")
    return rank == "0" and os.environ.get("NODE_RANK", "0") == "0"


def version_of(folder: Path) -> int:
    """N of `version_N`, -1 for another name."""
    match = re.fullmatch(r"version_(\d+)", folder.name)
    return int(match[1]) if match else -1


def last_checkpoint(run_dir: Path, name: str = "domino") -> Path:
    """The `last.ckpt` of the newest run of that name that has one.

    Raises:
        ForgeError: if there is none.
    """
    root = run_dir / name
    found = root.glob(f"version_*/{CHECKPOINTS}/{LAST_CHECKPOINT}")
    newest = max(found, key=lambda path: version_of(path.parents[1]), default=None)
    if newest is None:
        raise ForgeError(f"no {LAST_CHECKPOINT} under {root}: nothing to resume")
    return newest


def git_commit() -> str | None:
    """The commit of the source tree this package runs from, `-dirty` if changed; None without."""
    commit = _git("rev-parse", "HEAD")
    if not commit:
        return None
    # `git describe --dirty` would write to the repository's index.
    changed = _git("status", "--porcelain", "--untracked-files=no")
    return f"{commit}-dirty" if changed else commit


def _git(*words: str) -> str | None:
    """What git says about the source tree, taking no lock; None where it says nothing good."""
    try:
        with owned():
            done = subprocess.run(
                ["git", "--no-optional-locks", *words],
                cwd=Path(forge.__file__).parent,
                capture_output=True,
                text=True,
                timeout=30,
            )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def run_record(config: dict[str, Any], data: dict[str, object]) -> dict[str, Any]:
    """What is kept beside each checkpoint and in it.

    Args:
        config: every option with its resolved value.
        data: what the rows were: the hashes of a manifest, or what fixes a stream.

    Returns:
        plain values: YAML, JSON and `torch.load(weights_only=True)` take them.
    """
    record = {
        "config": config,
        "data": data,
        "forge_version": forge.__version__,
        "git_commit": git_commit(),
        "torch_version": str(torch.__version__),
    }
    plain: dict[str, Any] = plain_copy(record)
    return plain
