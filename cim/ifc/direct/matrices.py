"""Placements and operators as matrices, read from the tables of a file in compiled code (IFC4 8.8.3, 8.9.3)."""

from __future__ import annotations

import numpy as np

from cim.compiled import compiled
from cim.ifc.direct.records import numbers
from cim.ifc.step.lexer import DERIVED, INTEGER, NULL, REAL, REFERENCE

PARALLEL = 1e-9  # sine of the angle below which two axes span no plane
RIGHT = 1e-6  # cosine above which given axes are not taken for orthogonal
RIGID = 1e-9  # how far the axes of a placement may be from length one and from square
DEEPEST = 2000  # levels of placement; deeper ones are refused before
NOWHERE, BROKEN = (
    -1,
    -2,
)  # instead of the place of a parent: it has none; it stands on something else, or on itself


@compiled
def read_local_placements(kinds, values, firsts, types, classes, rows, places, length):  # type: ignore[no-untyped-def]
    """Of each IfcLocalPlacement its parent's place, its matrix to the parent's frame and that to the engineering CRS."""
    count = len(rows)
    parents = np.full(count, BROKEN, dtype=np.int64)
    own, worlds = np.zeros((count, 4, 4)), np.zeros((count, 4, 4))
    for place in range(count):
        first = firsts[rows[place]]
        if firsts[rows[place] + 1] - first != 2:
            continue
        for axis in range(4):
            own[place, axis, axis] = 1.0
        if kinds[first + 1] == REFERENCE and values[first + 1] >= 0.0:
            row = np.int64(values[first + 1])
            if not axes_matrix(kinds, values, firsts, types, classes, row, length, own[place]):
                continue
        elif kinds[first + 1] != NULL and kinds[first + 1] != DERIVED:
            continue
        if kinds[first] == NULL or kinds[first] == DERIVED:
            parents[place] = NOWHERE
        elif kinds[first] == REFERENCE and values[first] >= 0.0:
            parent = places[np.int64(values[first])]
            if parent >= 0:
                parents[place] = parent
    _stand(parents, own, worlds)
    return parents, own, worlds


@compiled
def _stand(parents, own, worlds):  # type: ignore[no-untyped-def]
    """Fill in the matrices to the engineering CRS; one that leads in a circle, too deep or to a broken one is broken."""
    done = np.zeros(len(parents), dtype=np.bool_)
    chain = np.zeros(DEEPEST + 1, dtype=np.int64)
    for place in range(len(parents)):
        size, here = 0, place
        while here >= 0 and not done[here] and size < len(chain):
            chain[size] = here
            size += 1
            here = parents[here]
        is_broken = here == BROKEN or (here >= 0 and (not done[here] or parents[here] == BROKEN))
        for step in range(size - 1, -1, -1):
            link = chain[step]
            done[link] = True
            parent = parents[link]
            if is_broken:
                parents[link] = BROKEN
            elif parent == NOWHERE:
                worlds[link] = own[link]
            else:
                _product(worlds[parent], own[link], worlds[link])


@compiled
def _product(one, other, found):  # type: ignore[no-untyped-def]
    for row in range(4):
        for column in range(4):
            found[row, column] = (
                one[row, 0] * other[0, column]
                + one[row, 1] * other[1, column]
                + one[row, 2] * other[2, column]
                + one[row, 3] * other[3, column]
            )


@compiled
def relative_matrix(parents, own, here, base, matrix):  # type: ignore[no-untyped-def]
    """Fill in the matrix from a placement to one it stands on, at last; whether it does."""
    step = np.zeros((4, 4))
    while here != base:
        if here < 0:
            return False
        _product(own[here], matrix, step)
        matrix[:] = step
        here = parents[here]
    return True


@compiled
def _unit(kinds, values, firsts, types, direction_kind, token, found):  # type: ignore[no-untyped-def]
    """Fill in the direction a token refers to, at length one; leave what is there when it refers to none."""
    if kinds[token] == NULL or kinds[token] == DERIVED:
        return True
    row = np.int64(values[token])
    if kinds[token] != REFERENCE or row < 0 or types[row] != direction_kind:
        return False
    found[0] = found[1] = found[2] = 0.0
    if numbers(kinds, values, firsts[row], found) < 0:
        return False
    return _normalise(found, 0.0)


@compiled
def _normalise(vector, shortest):  # type: ignore[no-untyped-def]
    """Bring a vector to length one, in place; whether it was longer than `shortest`, and finite."""
    length = np.sqrt(vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2)
    if not (shortest < length < np.inf):
        return False
    for axis in range(3):
        vector[axis] /= length
    return True


@compiled
def _fill(matrix, column, vector, factor):  # type: ignore[no-untyped-def]
    for axis in range(3):
        matrix[axis, column] = vector[axis] * factor


@compiled
def _cross(a, b, found):  # type: ignore[no-untyped-def]
    found[0] = a[1] * b[2] - a[2] * b[1]
    found[1] = a[2] * b[0] - a[0] * b[2]
    found[2] = a[0] * b[1] - a[1] * b[0]


@compiled
def _origin(kinds, values, firsts, types, point_kind, token, length, matrix):  # type: ignore[no-untyped-def]
    """Fill in the point a token refers to; whether it refers to one."""
    point = np.int64(values[token])
    if kinds[token] != REFERENCE or point < 0 or types[point] != point_kind:
        return False
    found = np.zeros(3)
    if numbers(kinds, values, firsts[point], found) < 0:
        return False
    _fill(matrix, 3, found, length)
    return True


@compiled
def axes_matrix(kinds, values, firsts, types, classes, row, length, matrix):  # type: ignore[no-untyped-def]
    """Fill in the matrix of an IfcAxis2Placement2D or 3D; whether it is one, and its axes span a space."""
    space, plane, point_kind, direction_kind = classes
    token, end = firsts[row], firsts[row + 1]
    flat = types[row] == plane
    if (types[row] != space and not flat) or end - token != (2 if flat else 3):
        return False
    if not _origin(kinds, values, firsts, types, point_kind, token, length, matrix):
        return False
    x, y, z = np.zeros(3), np.zeros(3), np.zeros(3)
    x[0] = z[2] = 1.0
    if not _unit(kinds, values, firsts, types, direction_kind, end - 1, x):
        return False
    if not flat and not _unit(kinds, values, firsts, types, direction_kind, end - 2, z):
        return False
    along = x[0] * z[0] + x[1] * z[1] + x[2] * z[2]
    for axis in range(3):
        x[axis] -= along * z[axis]
    if not _normalise(x, PARALLEL):
        return False
    _cross(z, x, y)
    _fill(matrix, 0, x, 1.0)
    _fill(matrix, 1, y, 1.0)
    _fill(matrix, 2, z, 1.0)
    return True


@compiled
def operator_matrix(  # type: ignore[no-untyped-def]  # noqa: C901 - one refusal a line
    kinds, values, firsts, types, classes, row, length, matrix
):
    """Fill in the matrix of an operator; whether it is one, with axes that are orthogonal."""
    uniform, different, point_kind, direction_kind = classes
    first, end = firsts[row], firsts[row + 1]
    if (types[row] != uniform or end - first != 5) and (
        types[row] != different or end - first != 7
    ):
        return False
    if not _origin(kinds, values, firsts, types, point_kind, first + 2, length, matrix):
        return False
    axes = np.zeros((3, 3))  # its rows are the axes
    for axis in range(3):
        axes[axis, axis] = 1.0
        token = first + (4 if axis == 2 else axis)
        if not _unit(kinds, values, firsts, types, direction_kind, token, axes[axis]):
            return False
    if kinds[first + 4] == NULL:
        _cross(axes[0], axes[1], axes[2])
    for one in range(3):
        other = (one + 1) % 3
        along = 0.0
        for axis in range(3):
            along += axes[one, axis] * axes[other, axis]
        if abs(along) > RIGHT:
            return False
    scale = _scale(kinds, values, first + 3, 1.0)
    for axis in range(3):
        # Without a scale of its own an axis has the first one's (IFC4 8.9.3.18).
        own = scale
        if axis > 0 and end - first == 7:
            own = _scale(kinds, values, first + 4 + axis, scale)
        if not 0.0 < own < np.inf:
            return False
        _fill(matrix, axis, axes[axis], own)
    return True


@compiled
def _scale(kinds, values, token, absent):  # type: ignore[no-untyped-def]
    """The number at a token; `absent` when there is none, NaN when something else is there."""
    if kinds[token] == REAL or kinds[token] == INTEGER:
        return values[token]
    return absent if kinds[token] == NULL else np.nan


@compiled
def is_rigid(matrix):  # type: ignore[no-untyped-def]
    """Whether the axes of a matrix (4, 4) are of length one, square and right-handed."""
    for one in range(3):
        for other in range(one, 3):
            product = 0.0
            for axis in range(3):
                product += matrix[axis, one] * matrix[axis, other]
            if abs(product - (1.0 if one == other else 0.0)) > RIGID:
                return False
    return determinant(matrix) > 0.0


@compiled
def determinant(matrix):  # type: ignore[no-untyped-def]
    """Of the axes of a matrix (4, 4): negative for a mirror."""
    found = 0.0
    for axis in range(3):
        one, other = (axis + 1) % 3, (axis + 2) % 3
        found += matrix[0, axis] * (
            matrix[1, one] * matrix[2, other] - matrix[1, other] * matrix[2, one]
        )
    return found
