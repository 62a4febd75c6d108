"""What bench/run_benchmarks compares, and how it writes down the result."""
