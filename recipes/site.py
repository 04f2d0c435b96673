"""The documentation site: python -m recipes.site (make docs)

The pages lie in docs/, as GitHub shows them. They are gathered in build/docs with README.md as the home page and the
other pages of PAGES, and Zensical builds build/site from there: strict, so a link to a page or heading that does not
exist ends it. The tutorials are executed, and show what their code gives.
The site asks no other site for anything.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from recipes import tutorials
from wepsam.files import write_text

ROOT = Path(__file__).parents[1]
BUILD, SITE = ROOT / "build" / "docs", ROOT / "build" / "site"
# Pages of the repository that do not lie in docs/, and their places in the site.
PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "reference/changelog.md",
    "LICENSE-WEIGHTS.md": "reference/license-weights.md",
    "results/README.md": "reference/result-files.md",
    "CONTRIBUTING.md": "explanation/contributing.md",
    "SECURITY.md": "explanation/security.md",
}
# The theme asks another site for a script of a kilobyte, with which pages that are opened as files can search.
SHIM_URL = "https://unpkg.com/iframe-worker/shim"
SHIM = ROOT / "web" / "node_modules" / "iframe-worker" / "shim" / "index.js"
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?![a-z]+:|#)([^)\s#]+)(#[^)\s]*)?\)")


def main() -> None:
    zensical = Path(sys.executable).with_name("zensical")
    if reason := tutorials.lacking() or ("" if shutil.which(zensical) else f"no {zensical}: pip install -e '.[docs]'"):
        sys.exit(reason)
    gather(BUILD)
    for tutorial in sorted((BUILD / "tutorials").glob("*.md")):
        print(f"running {tutorial.stem}", file=sys.stderr)
        tutorials.write(tutorial, tutorial.parent)
    environment = {**os.environ, "NO_COLOR": "1"}
    if subprocess.run([zensical, "build", "--clean", "--strict"], cwd=ROOT, env=environment).returncode:
        sys.exit("the site was not built: see above")
    bundle_shim(SITE)


def gather(out: Path) -> None:
    """Copy all pages and pictures to `out`, in which nothing else remains. Links are those of the new places."""
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(ROOT / "docs", out)
    for source, page in PAGES.items():
        shutil.copyfile(ROOT / source, out / page)
    for page in sorted(out.rglob("*.md")):
        place = page.relative_to(out).as_posix()
        write_text(page, moved(page.read_text(encoding="utf-8"), _source(place), place))


def moved(text: str, source: str, page: str) -> str:
    """The text of a file of the repository as a page of the site: links to other pages lead to their places there.

    What is not in the site, such as code, is named and not linked.

    Args:
        text: Markdown.
        source: the file that has this text, from the root of the repository.
        page: its place in the site.
    """

    def link(match: re.Match[str]) -> str:
        mark, words, target, anchor = match.groups(default="")
        path = os.path.normpath(Path(source).parent / target)
        if not (ROOT / path).exists():
            return match[0]  # the build says so
        if path.startswith("docs/"):
            to = path.removeprefix("docs/")
        elif path in PAGES:
            to = PAGES[path]
        else:
            return words if "`" in words or words == path else f"{words} (`{path}`)"
        return f"{mark}[{words}]({os.path.relpath(to, Path(page).parent)}{anchor})"

    return LINK.sub(link, text)


def bundle_shim(site: Path) -> None:
    """Give the script to the site, or leave it out where Node has not brought it; then say what that means."""
    if SHIM.is_file():
        shutil.copyfile(SHIM, site / "assets" / "iframe-worker.js")
        print(f"{site / 'index.html'}: open it in a browser; no server is needed")
    else:
        print(f"without npm, the search needs a server: {sys.executable} -m http.server --directory {site}")
    for page in site.rglob("*.html"):
        local = os.path.relpath(site / "assets" / "iframe-worker.js", page.parent)
        text = page.read_text(encoding="utf-8")
        script = f'<script src="{local}"></script>' if SHIM.is_file() else ""
        text = re.sub(rf'<script src="{re.escape(SHIM_URL)}"[^>]*></script>', script, text)
        write_text(page, text)


def _source(page: str) -> str:
    """The file of the repository that a page of the site comes from."""
    return next((source for source, place in PAGES.items() if place == page), f"docs/{page}")


if __name__ == "__main__":
    main()
