"""Door to `forge.cli.bid_convergence`."""

from forge.cli.bid_convergence import main

if __name__ == "__main__":
    main()
