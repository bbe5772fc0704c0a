"""`python -m e2e.bench.streams`."""

from e2e.bench.streams.bench import main

main()
