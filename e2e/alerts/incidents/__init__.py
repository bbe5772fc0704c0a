"""The incidents that people on call have."""

from typing import Final

from e2e.alerts.incidents.delivery import DELIVERY
from e2e.alerts.incidents.services import SERVICES
from e2e.alerts.incidents.trail import TRAIL
from e2e.alerts.incidents.work import WORK

INCIDENTS: Final = (*SERVICES, *DELIVERY, *WORK, *TRAIL)
