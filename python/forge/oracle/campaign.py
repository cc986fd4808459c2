"""Door to `forge.cli.campaign`."""

from forge.cli.campaign import main

if __name__ == "__main__":
    main()
