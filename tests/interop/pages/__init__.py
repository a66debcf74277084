"""What the suite of the citizen's pages runs."""
