"""What Dataflow needs beside the pipeline: the workers' image, and the launcher and description of a flex template."""
