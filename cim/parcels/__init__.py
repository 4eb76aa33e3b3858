"""The applicant's parcel from whatever the land office hands out: boundary-point lists, GIS files, drawings."""

from cim.parcels.reader import SUFFIXES, read_parcels

__all__ = ["SUFFIXES", "read_parcels"]
