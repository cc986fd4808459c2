"""Pictures of one decision."""
