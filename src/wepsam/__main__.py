"""python -m wepsam, and the command wepsam."""

from wepsam import ending


def main() -> None:
    """Run the command line. Ctrl-C ends it with a line also while it is being imported."""

    def command() -> int:
        from wepsam.cli import command

        return command()

    ending.run(command)


if __name__ == "__main__":
    main()
