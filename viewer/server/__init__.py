"""The HTTP face of the review: routes, schemas, and one table from errors to statuses."""
