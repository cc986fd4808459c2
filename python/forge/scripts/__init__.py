"""Doors to commands that cloud scripts use; the scripts themselves are in `cloud/`."""
