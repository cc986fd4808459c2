"""What people look at: tiles, pictures of decisions, the viewer, posters and plots."""
