"""Door to `forge.cli.bid_parallel`."""

from forge.cli.bid_parallel import main

if __name__ == "__main__":
    main()
