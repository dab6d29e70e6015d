"""Where untrusted code runs: the image, the warm pool, the framed protocol, verdicts and two backends."""

from sandbox.config import SandboxConfig, SandboxUnavailable
from sandbox.observe import Input, Observation, observe, observe_all, traced_limits
from sandbox.pool import Sandbox

__all__ = [
    "Input",
    "Observation",
    "Sandbox",
    "SandboxConfig",
    "SandboxUnavailable",
    "observe",
    "observe_all",
    "traced_limits",
]
