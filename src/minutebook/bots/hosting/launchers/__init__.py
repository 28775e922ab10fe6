"""How a runner is started: a process of this machine, or nothing at all. A container launcher fits the same port."""

from minutebook.bots.hosting.launchers.ports import Launcher

__all__ = ["Launcher"]
