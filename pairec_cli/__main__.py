"""`python -m pairec_cli` is `pairec`."""

from pairec_cli.cli.main import main

main()
