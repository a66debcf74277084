# Letters to citizens in Leichte Sprache: short sentences, one statement each, hard words explained.
