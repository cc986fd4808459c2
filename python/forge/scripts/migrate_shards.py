"""Door to `forge.cli.migrate_shards`."""

from forge.cli.migrate_shards import main

if __name__ == "__main__":
    main()
