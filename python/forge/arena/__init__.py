"""Players, and what duplicate deals say about who plays better."""
