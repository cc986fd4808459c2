"""Networks over transcripts that learn to choose as another player did."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
import pytest
import torch
from torch import Tensor

from forge.errors import ForgeError
from forge.game.contract import Bid
from forge.game.deal import Deal
from forge.learn.training import quiet_lightning
from forge.play.games import Games
from forge.play.transcript import transcript_tokens
from forge.policy.played_hands import save_hands
from forge.policy.self_play import PlayedHands, Teacher, play_hands
from forge.stage2.data import EqDataModule
from forge.stage2.imitation import ImitationMetrics, choice_loss
from forge.stage2.module import EqLightningModule
from forge.stage2.played import choice_rows, hand_rows, played_by
from forge.stage2.settings import ARCHITECTURES
from support.records import small_folder, small_record, write_games

pytestmark = pytest.mark.usefixtures("one_thread")

TEACHER = Teacher(n_worlds=2, bid=Bid.of(30))
TINY: dict[str, Any] = {"embed_dim": 24, "n_heads": 2, "n_layers": 1, "ff_dim": 32}


@pytest.fixture(scope="module")
def hands() -> PlayedHands:
    return play_hands(5, 0, 200, TEACHER)


@pytest.fixture(scope="module")
def folder(hands: PlayedHands, tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("hands")
    save_hands(hands, found / "hands_a.parquet", TEACHER)
    return found


# ---- rows ------------------------------------------------------------------------------------


def test_rows_of_hands_are_their_choices(hands: PlayedHands, folder: Path) -> None:
    """Replayed hand by hand; the last five of each hundred are for validation."""
    expected: dict[bool, list[tuple[bytes, int, tuple[float, ...]]]] = {False: [], True: []}
    for i in range(len(hands)):
        deal = Deal(tuple(map(tuple, hands.deals[i].tolist())))
        games = Games.start([deal], [int(hands.decls[i])])
        for k, domino in enumerate(hands.plays[i].tolist()):
            if domino < 0:
                break
            slot = games.hand[0].tolist().index(domino)
            if int(games.legal.sum()) > 1:
                tokens = transcript_tokens(games)[0].to(torch.int8).numpy().tobytes()
                chances = tuple(hands.chances[i, k].nan_to_num(-1.0).tolist())
                expected[i % 100 >= 95].append((tokens, slot, chances))
            games = games.play(torch.tensor([slot]))
    for held_out, wanted in expected.items():
        rows = hand_rows(str(folder), held_out)
        found = [
            (tokens.numpy().tobytes(), slot, tuple(chances))
            for tokens, slot, chances in zip(
                rows["tokens"],
                rows["slots"].tolist(),
                rows["chances"].nan_to_num(-1.0).tolist(),
                strict=True,
            )
        ]
        assert sorted(found) == sorted(wanted) and len(wanted) > 50
        assert not rows["valued"].any() and not rows["held_out"].any()


def test_only_hands_for_thirty(tmp_path: Path, hands: PlayedHands) -> None:
    high = replace(hands, bids=torch.full_like(hands.bids, 31))
    save_hands(high, tmp_path / "hands_a.parquet", TEACHER)
    with pytest.raises(ForgeError, match="no hands were played for 30"):
        hand_rows(str(tmp_path), held_out=False)
    some = replace(hands, bids=torch.where(torch.arange(200) < 120, hands.bids, 31))
    save_hands(some, tmp_path / "hands_a.parquet", TEACHER)
    fewer, every = (len(hand_rows(str(tmp_path), held_out)["slots"]) for held_out in (True, False))
    assert 0 < fewer < every


def test_games_tell_what_a_player_chose() -> None:
    record = small_record()
    rows = choice_rows(record)
    assert (played_by(record)["slots"] == -1).all()  # nobody was named
    named = replace(record, settings={**record.settings, "player": "seat:n=5"})
    told = played_by(named)
    meant = record["exploration_mode"][rows] == 0
    assert torch.equal(told["slots"] >= 0, meant)
    assert torch.equal(told["slots"][meant], record["action_taken"][rows][meant].long())
    assert told["chances"].isnan().all() and told["valued"].all()


def test_nobody_to_imitate(tmp_path: Path) -> None:
    small_folder(tmp_path)
    with pytest.raises(ForgeError, match="nobody to imitate"):
        EqDataModule(tmp_path, imitate=True).open_split("train")
    with pytest.raises(ForgeError, match="--imitate with --hands"):
        EqDataModule(tmp_path, hands="somewhere")


# ---- the loss, and what is told of it --------------------------------------------------------


def made_up(n: int = 60) -> tuple[Tensor, dict[str, Tensor]]:
    """Logits and rows: a third tell nothing, a third only the play, a third the chances too."""
    rng = torch.Generator().manual_seed(3)
    legal = torch.rand(n, 7, generator=rng) < 0.6
    legal[:, 0] = legal[:, 3] = True
    chances = torch.rand(n, 7, generator=rng).masked_fill(~legal, torch.nan)
    slots = torch.multinomial(legal.float(), 1, generator=rng)[:, 0]
    kind = torch.arange(n) % 3
    chances[kind == 1] = torch.nan
    slots[kind == 0] = -1
    return torch.randn(n, 7, generator=rng), {"legal": legal, "slots": slots, "chances": chances}


def slow_loss(logits: Tensor, batch: dict[str, Tensor]) -> float:
    """Row by row: 0.6 of the play and 0.4 of the softmax of the chances, 20 times what is lost."""
    total, n = 0.0, 0
    for row in range(len(logits)):
        if batch["slots"][row] < 0:
            continue
        legal = batch["legal"][row].numpy()
        scores = logits[row].double().numpy()[legal]
        logs = scores - np.log(np.exp(scores).sum())
        slot = int(legal[: int(batch["slots"][row])].sum())
        chances = batch["chances"][row].double().numpy()[legal]
        n += 1
        if np.isnan(chances).all():
            total -= logs[slot]
            continue
        wanted = np.exp(chances / 0.03)
        soft = -(wanted / wanted.sum() * logs).sum()
        lost = chances.max() - (np.exp(logs) * chances).sum()
        total += -0.6 * logs[slot] + 0.4 * soft + 20 * lost
    return total / n


def test_the_loss_row_by_row() -> None:
    logits, batch = made_up()
    assert float(choice_loss(logits, batch)) == pytest.approx(slow_loss(logits, batch), rel=1e-5)
    nothing = batch | {"slots": torch.full_like(batch["slots"], -1)}
    assert float(choice_loss(logits, nothing)) == 0.0


def test_figures_row_by_row() -> None:
    logits, batch = made_up()
    metrics = ImitationMetrics()
    for part in torch.arange(60).split(17):
        metrics.update(logits[part], {name: column[part] for name, column in batch.items()})
    found = {name: float(figure) for name, figure in metrics.compute().items()}
    same, nll, lost = [], [], []
    for row in (batch["slots"] >= 0).nonzero()[:, 0].tolist():
        masked = logits[row].double().masked_fill(~batch["legal"][row], -torch.inf)
        chosen, slot = int(masked.argmax()), int(batch["slots"][row])
        same.append(chosen == slot)
        nll.append(-float(masked.log_softmax(dim=0)[slot]))
        chances = batch["chances"][row].nan_to_num(-1.0)
        if float(chances.max()) >= 0:
            lost.append(float(chances.max() - chances[chosen]))
    expected = {"as_played": np.mean(same), "nll": np.mean(nll), "chance_lost": np.mean(lost)}
    assert found == pytest.approx(expected, rel=1e-6)


# ---- learning --------------------------------------------------------------------------------


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_it_learns_what_was_played(arch: str, folder: Path, tmp_path: Path) -> None:
    """A few steps on hands and games together: the choice gets better than chance, E[Q] is there
    too, and plays are chosen by the logits."""
    small_folder(tmp_path)
    torch.manual_seed(0)
    module = EqLightningModule(**TINY, arch=arch, lr=1e-2, weight_decay=0.0, imitate=True)
    data = EqDataModule(tmp_path, batch_size=128, imitate=True, hands=str(folder))
    data.setup("fit")
    rows = hand_rows(str(folder), held_out=True)

    def figures() -> dict[str, float]:
        metrics = ImitationMetrics()
        with torch.inference_mode():
            _, logits = module.eval().model.with_logits(rows["tokens"])
        assert logits is not None
        metrics.update(logits, rows)
        return {name: float(figure) for name, figure in metrics.compute().items()}

    before = figures()
    trainer = pl.Trainer(
        max_epochs=15,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    with quiet_lightning():
        trainer.fit(module.train(), data)
    after = figures()
    assert after["as_played"] > before["as_played"] + 0.05
    assert after["chance_lost"] < before["chance_lost"]
    told = {name: float(figure) for name, figure in trainer.callback_metrics.items()}
    assert {"val/as_played", "val/chance_lost", "val/q_gap", "train/choice_loss"} <= set(told)
    tokens, legal = rows["tokens"], rows["legal"]
    with torch.inference_mode():
        _, logits = module.eval().model.with_logits(tokens)
    assert logits is not None
    chosen = logits.masked_fill(~legal, -torch.inf).argmax(dim=1)
    assert torch.equal(module.best_slot(tokens, legal), chosen)


def test_without_imitation_nothing_changes(tmp_path: Path) -> None:
    """Parameters, and so files, of networks that imitate nobody are as they were."""
    one, other = (EqLightningModule(**TINY, imitate=imitate) for imitate in (False, True))
    more = set(other.state_dict()) - set(one.state_dict())
    assert more == {"model.choice_head.weight", "model.choice_head.bias"}
    write_games(tmp_path / "train", small_record(), (0, 1))
    plain = EqDataModule(tmp_path).open_split("train")
    assert not {"slots", "chances", "valued"} & set(plain.columns)
