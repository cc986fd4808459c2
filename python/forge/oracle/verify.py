"""Door to `forge.cli.verify`."""

from forge.cli.verify import main

if __name__ == "__main__":
    main()
