"""Door to `forge.cli.generate`."""

from forge.cli.generate import main

if __name__ == "__main__":
    main()
