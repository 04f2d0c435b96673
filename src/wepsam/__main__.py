"""python -m wepsam: the command line."""

from wepsam.cli import main

main()
