"""Door to `forge.cli.campaign_marginalized`."""

from forge.cli.campaign_marginalized import main

if __name__ == "__main__":
    main()
