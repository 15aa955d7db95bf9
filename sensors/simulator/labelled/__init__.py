"""PURE, but for :mod:`.folder`. Labelled scenarios: what detection is measured by.

``PLOTS`` maps a scenario's name to its plot, ``play(plot, seed=1)`` makes its devices, messages and truth.
``python -m sensors.simulator.labelled DIR`` writes them as folders.
"""

from typing import Final

from sensors.simulator.labelled import faults, gas, light, mixtures, parking, septic
from sensors.simulator.labelled.folder import read_folder, write_folder
from sensors.simulator.labelled.scene import Act, Plot, Scene, play

PLOTS: Final[dict[str, Plot]] = {
    plot.key: plot for plot in (*gas.PLOTS, *septic.PLOTS, *parking.PLOTS, *light.PLOTS, *faults.PLOTS, *mixtures.PLOTS)
}

__all__ = ["PLOTS", "Act", "Plot", "Scene", "play", "read_folder", "write_folder"]
