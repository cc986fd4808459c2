"""Signals are answered by whoever trains, not by Lightning."""

from forge.extras import extra

with extra("train"):
    import lightning.pytorch as pl


def keep_handlers(trainer: pl.Trainer) -> None:
    """Leave the handlers of signals as they are while the trainer works.

    Lightning's handler of SIGTERM ends a run with nothing kept. No option turns it off.
    """
    connector = getattr(trainer, "_signal_connector", None)
    if connector is not None:
        connector.register_signal_handlers = _nothing


def _nothing() -> None:
    pass
