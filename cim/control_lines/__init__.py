"""Control lines of all departments: read from any source into one spatial store, queried by layer and place."""
