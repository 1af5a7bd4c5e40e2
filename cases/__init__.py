"""The ground everyone stands on: the canonical case, its identifiers, states and errors. Imports nothing of ours."""
