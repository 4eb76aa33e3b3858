"""Two ways of counting floor area that differ in everything they can differ in, as parameters."""

from __future__ import annotations

from bim_checks.measures.area_regime import KindCoefficient, Regime

HALVES = Regime(
    code="HALVES",
    full_height=2.2,
    full_clause="1",
    low_coefficient=0.5,
    low_clause="2",
    pitched_full=2.1,
    pitched_least=1.2,
    pitched_coefficient=0.5,
    pitched_clause="3",
    kinds=(
        KindCoefficient(kind="covered_open", coefficient=0.5, clause="4"),
        KindCoefficient(kind="balcony", coefficient=0.5, clause="5"),
        KindCoefficient(kind="recessed_balcony", coefficient=1.0, clause="5"),
    ),
)
NOTHINGS = Regime(
    code="NOTHINGS",
    full_height=2.2,
    full_clause="1",
    low_coefficient=0.0,
    low_clause="2",
    pitched_full=2.0,
    pitched_least=1.0,
    pitched_coefficient=0.25,
    pitched_clause="3",
    kinds=(
        KindCoefficient(kind="covered_open", coefficient=0.0, clause="4"),
        KindCoefficient(kind="balcony", coefficient=0.25, clause="5"),
        KindCoefficient(kind="recessed_balcony", coefficient=0.5, clause="5"),
    ),
)
