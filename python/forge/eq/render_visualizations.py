"""Door to `forge.cli.render_eq`."""

from forge.cli.render_eq import main

if __name__ == "__main__":
    main()
