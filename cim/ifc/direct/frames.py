"""Local frames of many products at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cim.compiled import compiled
from cim.ifc.direct.matrices import axes_matrix
from cim.ifc.direct.placement import AXES
from cim.ifc.step import StepFile, argument_references

RELATIVE_TO, AXIS_PLACEMENT = 0, 1  # arguments of IfcLocalPlacement


def local_frames(
    step: StepFile, placements: NDArray[np.int64], length: float
) -> NDArray[np.float64] | None:
    """Object frames -> engineering CRS, shape (N, 4, 4), metres; None when one of them is no chain of whole placements.

    Args:
        step: the file.
        placements: shape (N,), rows of IfcLocalPlacement; -1 for none, which stands at the origin.
        length: metres of one of its length units.
    """
    rows = step.rows_of("IFCLOCALPLACEMENT")
    index = np.full(len(step.numbers) + 1, -1, dtype=np.int64)
    index[rows] = np.arange(len(rows))
    parents = argument_references(step.kinds, step.values, step.firsts, rows, RELATIVE_TO)
    axes = argument_references(step.kinds, step.values, step.firsts, rows, AXIS_PLACEMENT)
    kinds = {name: number for number, name in enumerate(step.names)}
    classes = np.array([kinds.get(name, -2) for name in AXES], dtype=np.int64)
    wanted = index[placements]
    if (wanted[placements >= 0] < 0).any() or (index[parents[parents >= 0]] < 0).any():
        return None  # on a grid or an alignment
    frames = np.zeros((len(rows) + 1, 4, 4))
    frames[-1] = np.eye(4)
    done = _compose(
        step.kinds,
        step.values,
        step.firsts,
        step.types,
        classes,
        axes,
        index[parents],
        wanted,
        length,
        frames,
    )
    return frames[wanted] if done else None


@compiled
def _compose(kinds, values, firsts, types, classes, axes, parents, wanted, length, frames):  # type: ignore[no-untyped-def]
    """Fill in the frames of wanted placements and of all above them; whether all are whole."""
    state = np.zeros(len(axes), dtype=np.uint8)
    chain = np.zeros(len(axes), dtype=np.int64)
    relative = np.zeros((4, 4))
    for start in wanted:
        size, here = 0, start
        while here >= 0 and state[here] == 0:
            state[here] = 1
            chain[size] = here
            size += 1
            here = parents[here]
        if here >= 0 and state[here] == 1:
            return False  # in a circle
        while size > 0:
            size -= 1
            here = chain[size]
            relative[:] = 0.0
            relative[3, 3] = 1.0
            if axes[here] < 0 or not axes_matrix(
                kinds, values, firsts, types, classes, axes[here], length, relative
            ):
                return False
            above = frames[parents[here]]
            for row in range(4):
                for column in range(4):
                    total = 0.0
                    for k in range(4):
                        total += above[row, k] * relative[k, column]
                    frames[here, row, column] = total
            state[here] = 2
    return True
