"""Door to `forge.cli.analyze_eq`."""

from forge.cli.analyze_eq import main

if __name__ == "__main__":
    main()
