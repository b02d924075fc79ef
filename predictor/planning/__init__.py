"""Before a run begins: whether and when a setting would memorise and generalise, from its context alone."""
