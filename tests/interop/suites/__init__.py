"""One module per client or public test suite; each has `run(bench) -> Tally`."""
