"""Sources in, shards out: readers, the Beam build, the checks of a finished corpus, and the command line."""
