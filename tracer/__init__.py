"""What runs beside the untrusted program: recorder, probes, bounded snapshots and the log; standard library only."""

TRACER_VERSION = "2"
