"""Speech becomes text with times and voices. What is heard stays here: libraries below that report how they are used to
their makers are told not to, before any of them is loaded and for the processes that are started from here."""

import os

# ONNX Runtime from 1.29 on, which is not what is locked, keeps an identifier of the machine and sends events to
# Microsoft unless this is set.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
