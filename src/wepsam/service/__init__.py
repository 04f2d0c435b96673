"""The same answers over HTTP: what `wepsam serve` runs."""
