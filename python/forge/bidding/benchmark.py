"""Door to `forge.cli.bid_benchmark`."""

from forge.cli.bid_benchmark import main

if __name__ == "__main__":
    main()
