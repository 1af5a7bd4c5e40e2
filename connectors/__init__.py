"""How the hub talks to departments: the contract, packs, one file per protocol kind."""
