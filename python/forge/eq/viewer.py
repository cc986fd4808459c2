"""Door to `forge.cli.view`."""

from forge.cli.view import main

if __name__ == "__main__":
    main()
