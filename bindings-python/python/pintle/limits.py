"""The limits of a host."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How many objects of each kind a host can have. It allocates them all when it starts; 0 stands for the default."""

    plugins: int = 0
    """Plugins, besides plugin zero. Default 32, at most 254."""
    sockets: int = 0
    """Sockets. Default 16."""
    sessions: int = 0
    """Sessions. Default 1024."""
    channels: int = 0
    """Channels of a socket. Default 8, at most 1024."""
    services: int = 0
    """Services. Default 32."""
    requests: int = 0
    """Requests that are not done, of all sessions. Default 1024."""
    requests_per_session: int = 0
    """Requests of one session that wait. Default 64."""
    messages: int = 0
    """Messages of the small class that the kernel thread can have. Default 1024."""
    message_bytes: int = 0
    """Bytes of a small message. Default 2048."""
    large_messages: int = 0
    """Messages of the large class that the kernel thread can have. Default 128."""
    large_message_bytes: int = 0
    """Bytes of a large message. Default 65,536."""
    worker_messages: int = 0
    """Small messages set aside for workers and plugins' own threads. Default 128."""
    worker_large_messages: int = 0
    """Large messages set aside for workers and plugins' own threads. Default 32."""
    tasks: int = 0
    """Tasks that wait to be run. Default 1024."""
    timers: int = 0
    """Timers. Default 256."""
    watches: int = 0
    """Watched fds. Default 1024."""
    workers: int | None = None
    """Worker threads. None stands for the default, 2; 0 (`NO_WORKERS`) lets slow requests run in `Host.poll`, one in each
    turn. At most 64."""
    depth: int = 0
    """How deep callbacks may nest. Default 32, at most 250."""
    offers: int = 0
    """Interfaces that plugins offer to each other. Default 32."""
