"""The docket: what people say about numbers, and what became of it; its database is its own."""
