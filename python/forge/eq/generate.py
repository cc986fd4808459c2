"""Door to `forge.cli.generate_eq`."""

from forge.cli.generate_eq import main

if __name__ == "__main__":
    main()
