"""Door to `forge.cli.build_page`."""

from forge.cli.build_page import main

if __name__ == "__main__":
    main()
