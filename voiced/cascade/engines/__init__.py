"""Engines that a package and a model of the owner's bring; each is imported only where it is asked for."""
