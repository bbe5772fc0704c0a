"""Phase IV: the release that must keep working, as this image serves it with TASKFLOW_PHASE=iv.

Its routes, its columns and nothing else: no shadow, no outbox rows, no page. What it writes is published when
Phase V is back.
"""

from chat_api.phase_iv.app import create_service

__all__ = ["create_service"]
