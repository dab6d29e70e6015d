"""What runs inside the wall: supervisor, zygote and job (standard library and `tracer` only).

The folder is copied into the image as the top-level package `jail`, so modules import each other relatively.
"""
