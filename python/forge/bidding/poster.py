"""Door to `forge.cli.bid_poster`."""

from forge.cli.bid_poster import main

if __name__ == "__main__":
    main()
