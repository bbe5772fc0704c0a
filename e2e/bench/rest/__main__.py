"""`python -m e2e.bench.rest`; with `serve KIND`, one of its servers."""

import sys

from e2e.bench.rest.bench import main
from e2e.bench.rest.servers import serve_on

if sys.argv[1:2] == ["serve"]:
    serve_on(sys.argv[2], int(sys.argv[3]))
else:
    main()
