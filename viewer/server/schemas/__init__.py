"""What goes over the wire; the page's TypeScript types are generated from these."""
