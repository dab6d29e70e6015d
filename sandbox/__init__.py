"""Where untrusted code runs: the image, the warm pool, the framed protocol, verdicts and two backends."""

from sandbox.config import SandboxConfig, SandboxUnavailable
from sandbox.observe import Observation, observe, traced_limits
from sandbox.pool import Sandbox

__all__ = ["Observation", "Sandbox", "SandboxConfig", "SandboxUnavailable", "observe", "traced_limits"]
