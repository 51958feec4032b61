"""The store: canonical tables with their history, one writer, many readers, every byte accounted for."""
