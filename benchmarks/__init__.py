"""Side-by-side measurements; each script prints a table of ratios and ends with one line of JSON."""
