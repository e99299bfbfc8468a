"""What happened, kept: the store of observations and jars, its one writer, and the questions that are asked of it."""
