"""The parts of `bench/run.py`: labs, tools, what counts as healthy, and the report."""
