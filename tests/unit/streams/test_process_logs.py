"""What a process writes, whichever of the two ways it is said and on whichever thread."""

import json
import subprocess
import sys

SAYS = """
import logging, threading, structlog
from streams.process import logs
logs.configure(process="somebody", level="info", json=True, quiet=("chatter",))
logging.getLogger("library").warning("said %d", 1)
logging.getLogger("chatter").info("never said")
def loop():
    structlog.get_logger("loop").info("said", times=2, where="网格")
thread = threading.Thread(target=loop)
thread.start()
thread.join()
try:
    raise ValueError("broken")
except ValueError:
    structlog.get_logger("loop").exception("failed")
"""


def test_every_line_is_one_object_that_names_its_process_and_its_logger() -> None:
    done = subprocess.run([sys.executable, "-c", SAYS], capture_output=True, text=True, check=True)
    library, loop, failed = (json.loads(line) for line in done.stderr.splitlines())
    assert {line["process"] for line in (library, loop, failed)} == {"somebody"}
    assert (library["event"], library["level"], library["logger"]) == ("said 1", "warning", "library")
    assert (loop["event"], loop["times"], loop["where"], loop["logger"]) == ("said", 2, "网格", "loop")
    assert "ValueError: broken" in failed["exception"]
    assert all(line["timestamp"].endswith("Z") for line in (library, loop, failed))
