"""Door to `forge.cli.bid_evaluate`."""

from forge.cli.bid_evaluate import main

if __name__ == "__main__":
    main()
