"""Run the command line as ``python -m coldchain``."""

from coldchain.cli import main

main()
