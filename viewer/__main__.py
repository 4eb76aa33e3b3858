"""``python -m viewer`` is the `cim` command."""

from viewer.cli import main

if __name__ == "__main__":
    main()
