"""wepsam compare, plot, table1: tables and figures, made from results files only."""

import sys
from typing import Any

from wepsam.cli import _glue, options, output


def compare(
    results: options.Results,
    model: options.Models = None,
    paired: options.Paired = None,
    form: options.Format = "markdown",
    into: options.Into = None,
    check: options.Check = False,
    card: options.ScoresCard = None,
) -> None:
    """Print a table of evaluated models, with 95 % intervals over pictures.

    The best model of each column is bold; human rows are excluded from that. The table is made from the files of
    `wepsam evaluate` only.

        wepsam compare results/osie-validation/
        wepsam compare results/osie-validation/ classical/osie-validation/ --model wepsam-paper,gbvs
        wepsam compare results/osie-validation/ --paired gbvs --format latex
        wepsam compare results/osie-validation/ --into README.md --check
    """
    from wepsam import cards
    from wepsam.evaluation import comparison
    from wepsam.evaluation.table import FORMATS

    if form not in FORMATS:
        raise ValueError(f"--format is one of {', '.join(FORMATS)}, not {form!r}")
    if into is not None and form != "markdown":
        raise ValueError(f"--into takes the Markdown table, not --format {form}")
    if check and into is None:
        raise ValueError("--check compares with a page; name it with --into FILE")
    models = output.names(model)
    again = f"wepsam compare {' '.join(map(str, results))}"
    for folder, evaluations in _glue.together(results).items():
        if card is not None and not check:
            cards.add_scores(card, folder.resolve().name, evaluations)
        if not models and into is None and (lacking := comparison.missing(evaluations)):
            print(
                f"{folder} lacks {', '.join(lacking)}; to add them: wepsam evaluate MODEL -d NAME=FOLDER --references",
                file=sys.stderr,
            )
        if models:
            evaluations = _glue.chosen(evaluations, [*models, *([paired] if paired else [])], folder)
        name = folder.resolve().name
        if into is None or not paired:
            output.put_table(FORMATS[form](comparison.compared(evaluations)), name, into, check, again)
        if paired:
            if into is None:
                print()
            table = FORMATS[form](comparison.differences(evaluations, paired))
            output.put_table(table, f"{name}-minus-{paired}", into, check, again)


def plot(
    results: options.Results,
    out: options.PlotOut = None,
    range_sheet: options.RangeSheet = None,
    model: options.Models = None,
    dataset: options.PlotDatasets = None,
    paired: options.PlotBase = "gbvs",
    metric: options.PlotMetric = "",
    pictures: options.PlotPictures = 6,
) -> None:
    """Draw figures of evaluated models.

    With --out: a scatter plot of each model against --paired, a point per picture; with --dataset also sheets of each
    model's worst and best pictures. With --range-sheet: one sheet of pictures chosen by a rule, not by hand.

        wepsam plot results/osie-validation/ --out figures/
        wepsam plot results/osie-validation/ -m wepsam-paper -d osie=data/OSIE --out figures/
        wepsam plot results/osie-validation/ -m gbvs,sun -d osie=data/OSIE --range-sheet sheet.png
    """
    if out is None and range_sheet is None:
        raise ValueError("nothing to draw: name --out FOLDER for scatter plots and sheets, or --range-sheet FILE")
    models, tables = output.names(model), _glue.together(results)
    if range_sheet is not None and (len(tables) > 1 or not models or not dataset):
        raise ValueError("--range-sheet takes results on the same pictures, at least one --model, and --dataset")
    for folder, evaluations in tables.items():
        if models:
            extra = [paired] if any(e.about["model"] == paired for e in evaluations) and out else []
            evaluations = _glue.chosen(evaluations, [*models, *extra], folder)
        if out is not None:
            for path in _glue.figures(evaluations, out, paired, dataset or [], metric, pictures):
                print(path)
        if range_sheet is not None:
            shown = _glue.chosen(evaluations, models, folder)
            print(_glue.sheet(shown, range_sheet, dataset or [], metric))


def table1(
    results: options.Results,
    public: options.Public = False,
    metric: options.PublicMetric = "cc",
    into: options.Into = None,
    check: options.Check = False,
    figures: options.PublicFigure = None,
) -> None:
    """Print Table 1 of the paper beside scores measured here.

    All systems of the paper, GBVS, the center, people: quoted from the publication, and measured by `wepsam evaluate`.

        wepsam table1 results/osie-validation/ classical/osie-validation/
        wepsam table1 results/osie-all/ results/osie-validation/ --public --metric nss
        wepsam table1 results/osie-all/ --public --into docs/classical.md --figures docs/classical/
    """
    from wepsam.reproduction.boards import public as board
    from wepsam.reproduction.boards import public_figure
    from wepsam.reproduction.boards import table1 as paper

    tables: list[Any] = list(_glue.together(results).values())
    if not public:
        if figures is not None:
            raise ValueError("--figures draws the comparison of --public; add --public")
        output.put_table(paper.table1(results), "table1", into, check, f"wepsam table1 {' '.join(map(str, results))}")
        return
    again = f"wepsam table1 {' '.join(map(str, results))} --public"
    output.put_table(board.markdown(tables, metric), "public", into, check, again)
    if figures is not None and not check:
        print(public_figure.scatter(tables, figures), file=sys.stderr)
