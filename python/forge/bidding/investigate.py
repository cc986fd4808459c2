"""Door to `forge.cli.bid_investigate`."""

from forge.cli.bid_investigate import main

if __name__ == "__main__":
    main()
