"""The departments' systems for demonstrations, tests and training: separate processes that speak the real protocols."""
