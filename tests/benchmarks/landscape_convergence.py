"""How a figure settles as its step shrinks: hidden ridge against columns, hidden landmark against pixels."""

from __future__ import annotations

import math
import time

import numpy as np

from bim_checks.landscape.eye import Eye, sector
from bim_checks.landscape.landmark import seen_landmark
from bim_checks.landscape.picture import Window
from bim_checks.landscape.ridge import columns_over, hidden_ridge, ridge_line
from bim_checks.landscape.scheme_view import context_of, surface_of
from bim_checks.landscape.skyline import skyline_of
from bim_checks.rule import Surroundings
from bim_checks.scheme import Scheme
from tests.benchmarks.tables import say, show

COLUMNS = (0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005)  # degrees
PIXELS = (0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005)  # degrees
RIDGE_BODY = 100.0  # m


def ridge_columns(scheme: Scheme, around: Surroundings, eye: Eye) -> None:
    """Print degrees and metres of the city's first ridge, before and hidden, by the step of the columns."""
    vertices = np.array(around.city.ridges[0].vertices)
    rows = []
    for step in COLUMNS:
        begun = time.process_time()
        columns = columns_over(eye, vertices, math.radians(step))
        line = ridge_line(eye, vertices, columns)
        in_front = np.nan_to_num(line.distances - RIDGE_BODY, nan=0.0)
        before = context_of(around).skyline(eye, columns, nearer_than=in_front)
        built = skyline_of(surface_of(scheme), eye, columns, nearer_than=line.distances)
        found = hidden_ridge(line, before, built)
        spent = time.process_time() - begun
        rows.append([f"{step:g}", f"{columns.count:,}", f"{found.degrees_before:.4f}", f"{found.degrees:.4f}", f"{found.metres_before:.1f}", f"{found.metres:.1f}", f"{100.0 * found.share:.3f}", f"{spent:.2f}"])  # fmt: skip
    say("\nRidge, by the step of the columns")
    show(["step deg", "columns", "seen deg", "hidden deg", "seen m", "hidden m", "hidden %", "CPU s"], rows)  # fmt: skip


def landmark_pixels(scheme: Scheme, around: Surroundings, eye: Eye) -> None:
    """Print the solid angle of the city's first landmark, before and after, by the step of the pixels."""
    landmark = around.city.landmarks[0]
    half = landmark.width / 2.0
    corners = np.array(landmark.position) + np.array(
        [(x, y, z) for x in (-half, half) for y in (-half, half) for z in (0.0, landmark.height)]
    )
    seen = eye.apparent(corners)
    azimuths = np.arctan2(seen[:, 0], seen[:, 1])
    up = np.arctan2(seen[:, 2], np.hypot(seen[:, 0], seen[:, 1]))
    rows = []
    for pixel in PIXELS:
        step, begun = math.radians(pixel), time.process_time()
        count = math.ceil((up.max() - up.min()) / step) + 2
        across = sector(float(azimuths.mean()), float(np.ptp(azimuths)) + 2.0 * step, step)
        low = float(up.max() + up.min()) / 2.0 - count * step / 2.0
        found = seen_landmark(
            landmark,
            eye,
            context_of(around),
            surface_of(scheme),
            step=step,
            window=Window(across, low, step, count),
        )
        spent = time.process_time() - begun
        rows.append([f"{pixel:g}", f"{across.count} x {count}", f"{found.before:.5e}", f"{found.after:.5e}", f"{100.0 * found.share:.3f}", f"{100.0 * found.resolution / found.before:.3f}", f"{spent:.2f}"])  # fmt: skip
    say("\nLandmark, by the step of the pixels")
    show(["step deg", "pixels", "before sr", "after sr", "hidden %", "stated +- points", "CPU s"], rows)  # fmt: skip
