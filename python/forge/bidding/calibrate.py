"""Door to `forge.cli.bid_calibrate`."""

from forge.cli.bid_calibrate import main

if __name__ == "__main__":
    main()
