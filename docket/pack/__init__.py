"""The frozen pack: what a weekly review is held on, kept as data and rendered from that alone."""
