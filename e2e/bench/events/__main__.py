"""`python -m e2e.bench.events`; with an argument, one of its consumers."""

import sys

from e2e.bench.events.bench import main
from e2e.bench.events.consumers import serve

if len(sys.argv) > 1:
    serve(sys.argv[1])
else:
    main()
