"""Names that modules once had, and where what they name lives now.

Each is a file of a few lines at the old place that hands on; nothing of the package uses one.
"""

from typing import Final

# Old name -> where it lives.
DOORS: Final = {
    "forge.bidding.benchmark": "forge.cli.bid_benchmark",
    "forge.bidding.calibrate": "forge.cli.bid_calibrate",
    "forge.bidding.convergence": "forge.cli.bid_convergence",
    "forge.bidding.evaluate": "forge.cli.bid_evaluate",
    "forge.bidding.investigate": "forge.cli.bid_investigate",
    "forge.bidding.parallel": "forge.cli.bid_parallel",
    "forge.bidding.poster": "forge.cli.bid_poster",
    "forge.eq.analyze": "forge.cli.analyze_eq",
    "forge.eq.generate": "forge.cli.generate_eq",
    "forge.eq.render_visualizations": "forge.cli.render_eq",
    "forge.eq.viewer": "forge.cli.view",
    "forge.oracle.campaign": "forge.cli.campaign",
    "forge.oracle.declarations": "forge.game.declarations",
    "forge.oracle.generate": "forge.cli.generate",
    "forge.oracle.output": "forge.oracle.shards.output",
    "forge.oracle.rng": "forge.game.rng",
    "forge.oracle.schema": "forge.oracle.shards.schema",
    "forge.oracle.state": "forge.game.state",
    "forge.oracle.tables": "forge.game.tables",
    "forge.oracle.timer": "forge.oracle.shards.timer",
    "forge.oracle.verify": "forge.cli.verify",
    "forge.scripts.campaign_marginalized": "forge.cli.campaign_marginalized",
    "forge.scripts.migrate_shards": "forge.cli.migrate_shards",
    "forge.web.build": "forge.cli.build_page",
}
