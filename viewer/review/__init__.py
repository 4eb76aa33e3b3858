"""The domain of a review: submissions, what each stage did, and the append-only audit log."""
