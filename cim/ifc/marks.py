"""What decides a file's content and each of its bodies, as digests that two revisions of one model share where nothing changed.

Instance numbers, owner histories and placements are left out: an authoring tool writes the first two anew at each export, and the last moves a
body and does not change it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cim.ifc.direct.placement import Placements
from cim.ifc.direct.records import NotDirectError, Records
from cim.ifc.drawing import NOT_ELEMENTS
from cim.ifc.instances import Instances
from cim.ifc.schema import EntityClass
from cim.ifc.step import (
    DIGEST_BYTES,
    Links,
    StepFile,
    Telling,
    argument_references,
    listed_references,
    tell,
)

AT_ONCE = 2048  # bodies told together, so that what is told of a large file never lies in memory as a whole
EVERYTHING = (1 << 64) - 1
GLOBAL_ID, OWNER_HISTORY, PLACEMENT, REPRESENTATION = 0, 1, 5, 6  # arguments of every IfcProduct
UNITS = 8  # of IfcProject
REPRESENTATION_MAPS = 6  # of every IfcTypeProduct
READ_RELATIONS = (
    "IfcRelDefinesByProperties",
    "IfcRelDefinesByType",
    "IfcRelContainedInSpatialStructure",
    "IfcRelReferencedInSpatialStructure",
    "IfcRelAggregates",
    "IfcRelNests",
    "IfcRelVoidsElement",
    "IfcRelFillsElement",
    "IfcRelAssociatesMaterial",
    "IfcRelAssociatesClassification",
    "IfcRelAssignsToGroup",
)
READ_OTHERS = (
    "IfcObjectDefinition",
    "IfcPropertyDefinition",
    "IfcUnitAssignment",
    "IfcMaterialDefinitionRepresentation",
)
MATERIAL_OF = 3  # argument of IfcMaterialDefinitionRepresentation
RELATED, RELATING = 4, 5  # of the relations of types and materials
WHOLE, PARTS = 4, 5  # of those of wholes and of openings


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """What decides a model.

    Attributes:
        content: digest of all that elements, spaces, types and groups say but for their bodies.
        bodies: digest of each body, in the frame of its product's placement: elements, spaces and sites, in the order of the model.
        frames: shape (N, 4, 4), those frames -> engineering CRS, metres.
        rows: shape (N,), of the products.
    """

    content: bytes
    bodies: list[bytes]
    frames: NDArray[np.float64]
    rows: NDArray[np.int64]


def take_marks(model: Instances, step: StepFile, length: float, angle: float) -> Marks | None:
    """Take the marks of a file.

    Args:
        model: the open file.
        step: the same.
        length: metres of one of its length units.
        angle: radians of one of its angle units.

    Returns:
        None when instances are not numbered in the order of the file, which then decides the order of the model, or when products stand
        on a grid or an alignment.
    """
    if (np.diff(step.numbers) <= 0).any():
        return None
    rows = np.concatenate(
        [model.rows("IfcElement", but=NOT_ELEMENTS), model.rows("IfcSpace"), model.rows("IfcSite")]
    )
    placed = argument_references(step.kinds, step.values, step.firsts, rows, PLACEMENT)
    try:
        frames = Placements(Records(step, length, angle)).all_local(placed)
    except NotDirectError:
        return None
    content = _content(model, step)
    bodies = _bodies(model, step, rows, placed, repr((length, angle)).encode())
    if content is None or bodies is None:
        return None
    return Marks(content, bodies, frames, rows)


def _content(model: Instances, step: StepFile) -> bytes | None:
    roots = [model.rows(name) for name in (*READ_RELATIONS, *READ_OTHERS) if model.has_class(name)]
    telling = Telling(
        model.codes(), _skipped(model, step, _unread), Links.of(len(step.numbers), [])
    )
    told = tell(step, telling, [np.sort(np.concatenate(roots))])
    if told is None:
        return None
    return hashlib.blake2b(told[0], digest_size=DIGEST_BYTES).digest()


def _unread(kind: EntityClass) -> int:
    """Attributes that the content does not depend on, as bits."""
    kinds = kind.kinds
    if "IfcRoot" not in kinds:
        return 0
    if "IfcProject" in kinds:
        return EVERYTHING & ~(1 << GLOBAL_ID | 1 << UNITS)
    is_whole = "IfcSpatialStructureElement" in kinds
    is_part = not kinds.isdisjoint(("IfcElement", "IfcSpatialElement", "IfcSpace"))
    if "IfcSpace" not in kinds and (is_whole or ("IfcProduct" in kinds and not is_part)):
        return EVERYTHING & ~(1 << GLOBAL_ID)  # of these the content says where something is
    if "IfcProduct" in kinds:
        return 1 << OWNER_HISTORY | 1 << PLACEMENT | 1 << REPRESENTATION
    if "IfcTypeProduct" in kinds:
        return 1 << OWNER_HISTORY | 1 << REPRESENTATION_MAPS
    return 1 << OWNER_HISTORY


def _bodies(
    model: Instances,
    step: StepFile,
    rows: NDArray[np.int64],
    placed: NDArray[np.int64],
    units: bytes,
) -> list[bytes] | None:
    links, codes = _links(model, step), model.codes()
    skipped = _skipped(model, step, _undrawn)
    contexts, maps = (
        model.rows("IfcGeometricRepresentationContext"),
        model.rows("IfcRepresentationMap"),
    )
    shared = np.concatenate([contexts, maps])  # told once, not with each body
    alone = np.full(len(shared), -1, dtype=np.int64)
    told = _digests(step, Telling(codes, skipped, links), shared, alone, b"")
    if told is None:
        return None
    digested = np.full(len(step.numbers), -1, dtype=np.int64)
    digested[shared] = np.arange(len(shared))
    kinds = {name: number for number, name in enumerate(step.names)}
    telling = Telling(
        codes,
        skipped,
        links,
        np.frombuffer(b"".join(told), dtype=np.uint8).reshape(-1, DIGEST_BYTES),
        digested,
        kinds.get("IFCLOCALPLACEMENT", -1),
    )
    common = b"".join(told[: len(contexts)])
    key = hashlib.blake2b(common, key=units, digest_size=DIGEST_BYTES).digest()
    return _digests(step, telling, rows, placed, key)


def _digests(
    step: StepFile,
    telling: Telling,
    rows: NDArray[np.int64],
    bases: NDArray[np.int64],
    key: bytes,
) -> list[bytes] | None:
    found: list[bytes] = []
    for first in range(0, len(rows), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        told = tell(step, telling, rows[part], bases=bases[part])
        if told is None:
            return None
        known: dict[
            bytes, bytes
        ] = {}  # most bodies of a building are like another, and comparing is faster than digesting
        for body in map(bytes, told):
            digest = known.get(body)
            if digest is None:
                digest = hashlib.blake2b(body, key=key, digest_size=DIGEST_BYTES).digest()
                known[body] = digest
            found.append(digest)
    return found


def _undrawn(kind: EntityClass) -> int:
    """Attributes that no body depends on, as bits."""
    if "IfcFeatureElement" in kind.kinds:
        return EVERYTHING & ~(1 << PLACEMENT | 1 << REPRESENTATION)
    if "IfcProduct" in kind.kinds:
        return EVERYTHING & ~(1 << REPRESENTATION)
    return EVERYTHING if "IfcRoot" in kind.kinds else 0


def _links(model: Instances, step: StepFile) -> Links:
    """What a body depends on beside its representation: styles, materials, openings and additions, those of its whole too."""

    def rows(name: str) -> NDArray[np.int64]:
        return model.rows(name) if model.has_class(name) else np.zeros(0, dtype=np.int64)

    def argument(of: NDArray[np.int64], place: int) -> NDArray[np.int64]:
        found: NDArray[np.int64] = argument_references(
            step.kinds, step.values, step.firsts, of, place
        )
        return found

    styled = rows("IfcStyledItem")
    looks = rows("IfcMaterialDefinitionRepresentation")
    pairs = [(argument(styled, 0), styled), (argument(looks, MATERIAL_OF), looks)]
    for name in ("IfcRelDefinesByType", "IfcRelAssociatesMaterial"):
        relations = rows(name)
        owners, parts = listed_references(step.kinds, step.values, step.firsts, relations, RELATED)
        pairs.append((parts, argument(relations, RELATING)[owners]))
    for name in ("IfcRelVoidsElement", "IfcRelProjectsElement"):
        relations = rows(name)
        pairs.append((argument(relations, WHOLE), argument(relations, PARTS)))
    relations = rows("IfcRelAggregates")
    owners, parts = listed_references(step.kinds, step.values, step.firsts, relations, PARTS)
    pairs.append((parts, argument(relations, WHOLE)[owners]))
    return Links.of(
        len(step.numbers),
        [
            (one[(one >= 0) & (other >= 0)], other[(one >= 0) & (other >= 0)])
            for one, other in pairs
        ],
    )


def _skipped(
    model: Instances, step: StepFile, rule: Callable[[EntityClass], int]
) -> NDArray[np.uint64]:
    classes = [model.class_named(name) for name in step.names]
    return np.array([0 if kind is None else rule(kind) for kind in classes], dtype=np.uint64)
