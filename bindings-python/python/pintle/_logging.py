"""Lines of the host's log, as records of `logging`."""

import logging
from typing import Final

TRACE: Final = 5
"""The level of what the host calls trace."""

_LEVELS: Final = {1: logging.ERROR, 2: logging.WARNING, 3: logging.INFO, 4: logging.DEBUG}

logging.addLevelName(TRACE, "TRACE")


def emit(level: int, plugin: str, target: str, text: str) -> None:
    """Hands one line on."""
    logger = logging.getLogger(f"pintle.{plugin}" if plugin else "pintle")
    number = _LEVELS.get(level, TRACE)
    if logger.isEnabledFor(number):
        record = logger.makeRecord(
            logger.name,
            number,
            fn=target or plugin or "pintle",
            lno=0,
            msg=text,
            args=(),
            exc_info=None,
            extra={"pintle_plugin": plugin, "pintle_target": target},
        )
        logger.handle(record)
