"""Projection of large meshes against the plain union of all their triangles, and a tower's whole set of footprints.

    python tests/benchmarks/footprints.py [--largest 1000000] [--union 50000] [--model FILE.ifc]

Prints a row a mesh: seconds by Manifold or by the core-band, by the union of all triangles where it is not too
large to wait for, the ratio of both and the area between their results. Methods take turns; each figure is the
median of the runs. Last come the lines ``growth <x>``, the seconds per face of the largest mesh to those of the smallest, and
``median ratio <x>`` of ours to the union.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from cim.footprint import Footprints
from cim.ifc import read_ifc
from cim.mesh import Mesh
from cim.projection import project_mesh
from tests.support.solids import damaged, twisted_tower

SIZES = (50_000, 200_000, 1_000_000)
RUNS = 3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="faces")
    parser.add_argument(
        "--union", type=int, default=SIZES[0], help="faces up to which all are united"
    )
    parser.add_argument("--model", type=Path, help="an IFC file whose set of footprints is timed")
    wanted = parser.parse_args()
    project_mesh(damaged(twisted_tower(60, 40), 0))  # compiles
    ratios: list[float] = []
    pace: dict[str, list[float]] = {"whole": [], "damaged": []}
    say("mesh      faces    ours s  union s   ratio  between m2")
    for size in [size for size in SIZES if size <= wanted.largest]:
        side = round(math.sqrt(size / 2.0))
        tower = twisted_tower(side, side)
        for name, mesh in (("whole", tower), ("damaged", damaged(tower, 1))):
            methods: list[Callable[[], BaseGeometry]] = [lambda m=mesh: project_mesh(m)]
            if size <= wanted.union:
                methods.append(lambda m=mesh: union_of_all(m))
            seconds, shapes = in_turns(methods)
            pace[name].append(seconds[0] / len(mesh.faces))
            told = f"{name:8} {len(mesh.faces):8} {seconds[0]:8.2f}"
            if len(seconds) > 1:
                ratios.append(seconds[0] / seconds[1])
                between = shapes[0].symmetric_difference(shapes[1]).area
                told += f" {seconds[1]:8.2f} {ratios[-1]:7.3f} {between:11.1e}"
            say(told)
    if wanted.model:
        footprints_of(wanted.model)
    for name, found in pace.items():
        say(f"growth {found[-1] / found[0]:.2f} ({name})")
    if ratios:
        say(f"median ratio {statistics.median(ratios):.3f}")


def in_turns(
    methods: list[Callable[[], BaseGeometry]],
) -> tuple[list[float], list[BaseGeometry]]:
    """Median seconds and last result of each method."""
    seconds: list[list[float]] = [[] for _ in methods]
    shapes = [shapely.Polygon()] * len(methods)
    for _ in range(RUNS):
        for i, method in enumerate(methods):
            start = time.perf_counter()
            shapes[i] = method()
            seconds[i].append(time.perf_counter() - start)
    return [statistics.median(found) for found in seconds], shapes


def union_of_all(mesh: Mesh) -> BaseGeometry:
    """The union of all triangles that have plan area."""
    triangles = shapely.polygons(mesh.triangles()[:, :, :2])
    return shapely.union_all(triangles[shapely.area(triangles) > 1e-12])


def footprints_of(path: Path) -> None:
    """Time every footprint of one model, cold."""
    model = read_ifc(path)
    ground = min((s.elevation for s in model.storeys if s.elevation is not None), default=0.0)
    found = Footprints(model)
    start = time.perf_counter()
    shapes = [found.whole, found.roof(), found.ground_contact(ground), found.basement(ground)]
    for storey in found.storeys():
        shapes += [storey.plate, storey.section]
    drawn = time.perf_counter() - start
    edges = sum(len(shape.edges()) for shape in shapes)
    total = time.perf_counter() - start
    say(
        f"{path.name}: {len(shapes)} footprints of {len(found.outlines)} elements in {drawn:.2f} s, "
        f"with the elements of {edges} edges in {total:.2f} s"
    )


def say(line: str) -> None:
    """Print at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
