"""`python -m e2e.release`: serves the release on every address at PORT (8000)."""

import os

import uvicorn

from e2e.release.app import create_app
from e2e.release.settings import from_environment

uvicorn.run(create_app(from_environment()), host="0.0.0.0", port=int(os.environ.get("PORT", "8000")), access_log=False)
