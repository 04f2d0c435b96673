"""wepsam compare, plot, table1: tables and figures, made from results files only."""

from pathlib import Path

import typer

import wepsam
from wepsam import markdown
from wepsam.cli import errors, options, output


def compare(
    results: options.Results,
    models: options.Models = None,
    paired: options.Paired = None,
    form: options.Format = "markdown",
    into: options.Into = None,
    check: options.Check = False,
) -> None:
    """Print a table of evaluated models, with 95 % intervals over pictures.

    The best model of each column is bold; human rows are excluded. The table is made from the files of `wepsam
    evaluate` only. Several datasets have a table each. Then follow two tables of means, in which each dataset counts
    once: over all datasets, and over those from which no model of the table has learned. They also name each model's
    worst dataset. In the page of --into, their marks are over-datasets and over-unseen-datasets.

        wepsam compare results/osie-validation/
        wepsam compare results/osie-validation/ classical/osie-validation/ --model wepsam-paper,gbvs
        wepsam compare results/osie-validation/ --paired gbvs --format latex
        wepsam compare results/*-validation --model wepsam-lite,gbvs --paired gbvs
        wepsam compare results/osie-validation/ --into docs/reference/results.md --check
    """
    from wepsam.evaluation import comparison
    from wepsam.evaluation.table import FORMATS

    _check_options(into, check, form)
    if form not in FORMATS:
        raise ValueError(f"--format is one of {', '.join(FORMATS)}, not {form!r}")
    tables = wepsam.compare(results, models=output.names(models), paired=paired)
    for number, table in enumerate(tables):
        if into is not None:
            if table.base == paired and (not table.datasets or markdown.has_place(into, table.name)):
                output.put_table(FORMATS[form](table), table.name, into, check)
            continue
        if not models and table.base is None and (lacking := comparison.missing_rows(table)):
            output.to_stderr(f"{table.name} lacks {', '.join(lacking)}; wepsam evaluate MODEL --references adds them")
        print("\n" * (number > 0) + FORMATS[form](table))
    _fail_over_damaged(results)


def plot(
    results: options.Results,
    out: options.PlotOut = None,
    range_sheet: options.RangeSheet = None,
    models: options.Models = None,
    datasets: options.PlotDatasets = None,
    paired: options.PlotBase = "gbvs",
    metric: options.PlotMetric = None,
    pictures: options.PlotPictures = 6,
) -> None:
    """Draw figures of evaluated models.

    --out: a scatter plot of each model against --paired, with a point per picture. With --dataset, also sheets of each
    model's worst and best pictures. --range-sheet: one sheet of pictures that a rule has chosen, not a person.

        wepsam plot results/osie-validation/ --out figures/
        wepsam plot results/osie-validation/ -m wepsam-paper -d osie=data/OSIE --out figures/
        wepsam plot results/osie-validation/ -m gbvs,sun -d osie=data/OSIE --range-sheet sheet.png
    """
    from wepsam.evaluation import figures

    if out is None and range_sheet is None:
        raise ValueError("nothing to draw: name --out FOLDER for scatter plots and sheets, or --range-sheet FILE")
    names, shown = output.names(models), datasets or []
    if range_sheet is not None and not (names and shown):
        raise ValueError("--range-sheet needs at least one --model, whose maps it shows, and --dataset")
    if out is not None:
        paths = figures.plot(
            results, out, models=names, paired=paired, datasets=shown, metric=metric, pictures=pictures
        )
        if not paths and range_sheet is None:
            raise ValueError(
                f"nothing to draw: no model to plot against {paired} in the results; name another one by --paired, or "
                "name --dataset for sheets"
            )
        for path in paths:
            print(path)
    if range_sheet is not None:
        print(figures.plot_sheet(results, range_sheet, models=names, datasets=shown, metric=metric))
    _fail_over_damaged(results)


def table1(
    results: options.Results,
    public: options.Public = False,
    metric: options.PublicMetric = "cc",
    into: options.Into = None,
    check: options.Check = False,
    figures: options.PublicFigure = None,
) -> None:
    """Print Table 1 of the paper beside scores measured here.

    The rows are the systems of the paper, GBVS, the center and people. A cell has two numbers: that of the publication,
    and the one that `wepsam evaluate` measured. A second table has the differences to GBVS.

        wepsam table1 results/osie-validation/ classical/osie-validation/
        wepsam table1 results/osie-all/ results/osie-validation/ --public --metric nss
        wepsam table1 results/osie-all/ --public --into page.md --figures figures/
    """
    from wepsam.evaluation import comparison
    from wepsam.reproduction.boards import leads, leads_figure, paper_table

    _check_options(into, check)
    if not public:
        if figures is not None:
            raise ValueError("--figures draws the comparison of --public; add --public")
        output.put_table(paper_table.table1_markdown(results), "table1", into, check)
        _fail_over_damaged(results)
        return
    tables = list(comparison.read_tables(results).values())
    output.put_table(leads.leads_markdown(tables, metric), "public", into, check)
    if figures is not None and not check:
        output.to_stderr(str(leads_figure.draw_leads(tables, figures)))
    _fail_over_damaged(results)


def _fail_over_damaged(folders: list[Path]) -> None:
    """Exit with 1 if files were left out because they are no results; the log has named them."""
    from wepsam.evaluation import results

    damaged: list[str] = []
    for folder in folders:
        results.read(folder, damaged)
    if damaged:
        raise typer.Exit(errors.FAILED)


def _check_options(into: Path | None, check: bool, form: str = "markdown") -> None:
    if check and into is None:
        raise ValueError("--check compares with a page; name it with --into FILE")
    if into is not None and form != "markdown":
        raise ValueError(f"--into takes the Markdown table, not --format {form}")
