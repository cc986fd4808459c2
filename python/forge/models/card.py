"""What people read about models: names, the tables of the README, and a card for each."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from forge.errors import ForgeError
from forge.models.catalog import Model
from forge.models.stages import STAGES
from forge.stage2.export import MODE as STAGE_2_MODE

BEGIN: Final = "<!-- models: written by forge promote -->"
END: Final = "<!-- end of models -->"

# Sizes of the default `--size-name`: up to this many parameters.
_SIZES: Final = (("tiny", 200_000), ("small", 2_000_000), ("large", None))

# What modes are called in names and titles (policy: not at all), and in the first line of a card.
_SHORT_MODES: Final = {"qvalue": "qval", STAGE_2_MODE: "eq"}
_TITLES: Final = {"qvalue": "Q-Val", STAGE_2_MODE: "EQ"}
_KINDS: Final = {
    "policy": "A policy network for Texas 42.",
    "qvalue": "A Q-value network for Texas 42.",
    STAGE_2_MODE: "A network that plays Texas 42 from what a seat may see (Stage 2): E[Q] of each "
    "play, how sure of it the network is, and how much Q varies over the hidden hands.",
}
# Tables of the README: title, mode, and the columns after the first ones with figure and format.
_TABLES: Final[tuple[tuple[str, str, dict[str, tuple[str, str]]], ...]] = (
    (
        "Policy models",
        "policy",
        {"Val Acc": ("accuracy", ".2%"), "Val Q-Gap": ("q_gap", ".3f")},
    ),
    ("Q-value models", "qvalue", {"Q-MAE": ("q_mae", ".2f"), "Val Q-Gap": ("q_gap", ".3f")}),
    (
        "Stage 2 models",
        STAGE_2_MODE,
        {
            "Agreement": ("agreement", ".2%"),
            "E[Q]-MAE": ("q_mae", ".2f"),
            "z RMS": ("z_rms", ".2f"),
            "Val Q-Gap": ("q_gap", ".3f"),
        },
    ),
)
# Figures in the order of cards, and which of them are shares.
_FIGURES: Final = (
    *("q_gap", "blunder_rate", "zero_regret_rate", "accuracy", "agreement", "q_mae", "value_mae"),
    *("label_rmse", "excess_rmse", "claimed_rmse", "z_rms", "coverage_68", "coverage_95"),
    "spread_mae",
)
_SHARES: Final = frozenset(
    ("blunder_rate", "zero_regret_rate", "accuracy", "agreement", "coverage_68", "coverage_95")
)


def size_name(n_params: int) -> str:
    """`tiny` below 200,000 parameters, `small` below 2 million, else `large`."""
    return next(name for name, below in _SIZES if below is None or n_params < below)


def short_count(n: int) -> str:
    """A number of parameters as in file names: 73k, 816k, 3.3M."""
    return f"{n / 1e6:.1f}M" if n >= 999_500 else f"{n / 1e3:.0f}k"


def model_name(loss_mode: str, size: str, n_params: int, metrics: Mapping[str, float]) -> str:
    """The file name, without suffix, that the naming convention gives.

    Q-value: `domino-qval-small-816k-qgap0.094-qmae1.49`; policy:
    `domino-large-817k-acc97.8-qgap0.07`; Stage 2: `domino-eq-large-3.6M-qgap0.251-qmae1.70`.

    Args:
        loss_mode: `qvalue`, `policy` or `eq`.
        size: a word, see `size_name`.
        n_params: number of parameters.
        metrics: `q_gap` and `q_mae` in points, `accuracy` as a share; val.
    """
    count, q_gap = short_count(n_params), metrics["q_gap"]
    if loss_mode in _SHORT_MODES:
        mode = _SHORT_MODES[loss_mode]
        return f"domino-{mode}-{size}-{count}-qgap{q_gap:.3f}-qmae{metrics['q_mae']:.2f}"
    return f"domino-{size}-{count}-acc{100 * metrics['accuracy']:.1f}-qgap{q_gap:.2f}"


def model_title(loss_mode: str, size: str) -> str:
    """What tables call a model: `Q-Val Small`, `Large`, `EQ Large`."""
    return f"{_TITLES[loss_mode]} {size.title()}" if loss_mode in _TITLES else size.title()


def tables(models: Sequence[Model]) -> str:
    """The three tables of the README, Markdown."""
    head = ["Model", "File", "Params"]
    parts = []
    for title, mode, columns in _TABLES:
        rows = [
            [
                *_first_cells(m),
                *(
                    f"{m.metrics[name]:{text}}" if name in m.metrics else ""
                    for name, text in columns.values()
                ),
            ]
            for m in models
            if m.loss_mode == mode
        ]
        parts += [f"### {title}", markdown_table([*head, *columns], rows)]
    return "\n\n".join(parts)


def _first_cells(model: Model) -> list[str]:
    return [
        f"[{model.title}]({model.name}.md)",
        f"`{model.name}.ckpt`",
        short_count(model.n_params).upper(),
    ]


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; without rows it says so."""
    if not rows:
        return "None yet."
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def with_tables(readme: str, models: Sequence[Model]) -> str:
    """A README with what stands between the markers replaced.

    Raises:
        ForgeError: if the markers are not there.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ForgeError(f"README.md has no lines {BEGIN} and {END} to write the tables between")
    return f"{before}{BEGIN}\n\n{tables(models)}\n\n{END}{after}"


def model_card(model: Model) -> str:
    """The card of one model, Markdown."""
    sections = {
        "Architecture": _list(
            {
                "network": f"{model.arch}, {model.n_params:,} parameters, stored as {model.dtype}",
                **{name: json.dumps(value) for name, value in model.hyper_parameters.items()},
            }
        ),
        "Training": _list(_flat(model.training)) or "The run left no record beside the checkpoint.",
        "Results": _results(model),
        "Use": f"```python\n{STAGES[model.stage].example(model.name, model.loss_mode)}```",
        "Provenance": _list(
            {
                **{f"source {name}": str(value) for name, value in model.source.items()},
                "promoted": model.created,
                **model.versions,
                "notes": model.notes or "none",
            }
        ),
        "Files": markdown_table(
            ["file", "bytes", "SHA-256"],
            [
                [f"`{model.name}{suffix}`", f"{file.size_bytes:,}", f"`{file.sha256}`"]
                for suffix, file in model.files.items()
            ],
        ),
    }
    parts = [f"# {model.title}: `{model.name}`", _KINDS[model.loss_mode]]
    parts += [f"## {title}\n\n{body}" for title, body in sections.items()]
    return "\n\n".join(parts) + "\n"


def _results(model: Model) -> str:
    intro = (
        f"On {model.n_positions:,} {STAGES[model.stage].rows}: {model.measured_on}. Regret (q_gap) "
        "and errors are in points; intervals are 95 %."
    )
    rows = []
    for name in _FIGURES:
        if name in model.metrics:
            text = ".2%" if name in _SHARES else ".3f"
            low_high = model.intervals.get(name)
            interval = "" if low_high is None else f"{low_high[0]:{text}} to {low_high[1]:{text}}"
            rows.append([f"`{name}`", f"{model.metrics[name]:{text}}", interval])
    parts = [intro, markdown_table(["metric", "val", "interval"], rows)]
    note = STAGES[model.stage].figures_note
    return "\n\n".join([*parts, note] if note else parts)


def _flat(record: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested plain values by dotted names, without those that are None."""
    flat: dict[str, str] = {}
    for name, value in record.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        elif value is not None:
            flat[prefix + name] = json.dumps(value)
    return flat


def _list(items: Mapping[str, Any]) -> str:
    return "\n".join(f"* {name}: {value}" for name, value in items.items())
