"""Changes explained: exact decompositions, the pipeline waterfall and the deals behind it."""
