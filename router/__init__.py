"""Which department takes a case: the catalogue of service items and the routing table. Pure, no I/O."""
