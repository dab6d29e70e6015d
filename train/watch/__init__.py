"""What a run shows of itself: one progress line, metrics, TensorBoard, transcripts."""
