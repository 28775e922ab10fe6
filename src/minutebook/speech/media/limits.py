"""What a file may cost before it is refused."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """Limits of the process that reads one file.

    `max_duration_s` bounds the sound that comes out (and so the disk that it takes), `memory_bytes` the address
    space, `wall_s` the time the caller waits. Processor time grows with the file, so that a small file cannot
    buy much of it: `cpu_base_s + cpu_s_per_mib` per MiB, at most `cpu_max_s`. Sound decodes at more than 250 times
    real time on one core; the defaults leave a factor of about ten for slow machines.
    """

    max_duration_s: float = 12 * 3600
    memory_bytes: int = 1024 * MIB
    wall_s: float = 3600.0
    cpu_base_s: int = 120
    cpu_s_per_mib: int = 20
    cpu_max_s: int = 1800
    max_streams: int = 128
    open_files: int = 64

    def cpu_s(self, size_bytes: int) -> int:
        """Processor seconds allowed for a file of this size."""
        return min(self.cpu_max_s, self.cpu_base_s + self.cpu_s_per_mib * (size_bytes // MIB))


DEFAULT = DecodeLimits()
