"""The report: right figures, on one page that asks for nothing else, readable in light and dark in a real browser."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from pipelines.cli import main
from pipelines.manifest import read_manifest
from pipelines.report.figures import BUDGETS, Figures, measure, spread_of
from pipelines.report.language import FEATURES, features_of
from tests.pipelines.reading import rows

WIDTH = 1_000

TEXTS_OUTSIDE = """() => [...document.querySelectorAll("svg text")].filter(text => {
  const box = text.getBoundingClientRect();
  return box.width && (box.left < 0 || box.right > innerWidth);
}).map(text => text.textContent)"""

CONTRASTS = """() => {
  const lightness = colour => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map(each => each / 255);
    const linear = parts.map(each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const behind = element => {
    for (; element; element = element.parentElement) {
      const colour = getComputedStyle(element).backgroundColor;
      if (colour !== "rgba(0, 0, 0, 0)") return colour;
    }
  };
  const found = {};
  const told = "body, h2, p, td, th, figcaption, pre, code, .tiles span, svg text";
  for (const element of document.querySelectorAll(told)) {
    const style = getComputedStyle(element);
    const colour = element.closest("svg") ? style.fill : style.color;
    const two = [lightness(colour), lightness(behind(element))].sort((a, b) => b - a);
    const name = element.tagName.toLowerCase();
    found[name] = Math.min((two[0] + 0.05) / (two[1] + 0.05), found[name] ?? 99);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def page_file(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    page = tmp_path_factory.mktemp("report") / "page.html"
    assert main(["report", str(corpus), "--output", str(page)]) == 0
    return page


@pytest.fixture(scope="module")
def figures(corpus: Path) -> Figures:
    return measure(corpus, read_manifest(corpus))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, else the one that `playwright install chromium` brings."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(browser: Browser, file: Path, scheme: Any, asked: list[str], said: list[str]) -> Page:
    page = browser.new_page(color_scheme=scheme, viewport={"width": WIDTH, "height": 800})
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(file.as_uri())
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_readable_in_light_and_dark(browser: Browser, page_file: Path, scheme: str) -> None:
    asked: list[str] = []
    said: list[str] = []
    page = opened(browser, page_file, scheme, asked, said)
    assert (asked, said) == ([page_file.as_uri()], [])
    contrasts = page.evaluate(CONTRASTS)
    assert set(contrasts) >= {"body", "td", "pre", "text"}
    assert min(contrasts.values()) >= 4.5, contrasts
    assert page.evaluate(TEXTS_OUTSIDE) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 24, 26)"
    assert dark == (scheme == "dark")
    page.close()


def test_every_chart_is_drawn(browser: Browser, page_file: Path) -> None:
    page = opened(browser, page_file, "light", [], [])
    for name in ("verdicts", "rejects", "events", "tokens", "steps", "tokens_an_event", "fits", "features", "stages"):
        assert page.locator(f"#{name} svg path").count() > 0, name
    page.close()


def test_samples_are_shown_as_they_are(browser: Browser, page_file: Path, corpus: Path) -> None:
    page = opened(browser, page_file, "light", [], [])
    turns = page.locator("details").first.locator("pre")
    shown = [turns.nth(0).text_content(), turns.nth(1).text_content()]
    assert shown in [[turn["content"] for turn in row["messages"]] for row in rows(corpus, "nlex")]
    page.close()


def test_names_in_drawings_do_not_meet(page_file: Path) -> None:
    page = page_file.read_text(encoding="utf-8")
    names = Counter(part.split('"', 1)[0] for part in page.split(' id="')[1:])
    assert [name for name, number in names.items() if number > 1] == []


def test_verdicts_are_those_of_the_manifest(figures: Figures, corpus: Path) -> None:
    assert figures.verdicts == read_manifest(corpus)["executions"]["verdicts"]


def test_lengths_are_those_of_the_rows(figures: Figures, corpus: Path) -> None:
    examples = rows(corpus, "nlex")
    assert sum(figures.spreads["events"]["all"].bins.values()) == len(rows(corpus, "traces"))
    for name in ("tokens", "steps"):
        spread = figures.spreads[name]["steps"]
        assert sum(spread.bins.values()) == len(examples)
        assert spread.quantiles[1] == max(row[name] for row in examples)
    for budget in BUDGETS:
        fitting = sum(row["tokens"] <= budget for row in examples)
        assert figures.fits["steps"][budget] == pytest.approx(fitting / len(examples), abs=1e-4)
    shares = sorted(row["told_tokens"] / row["events"] for row in examples)
    assert figures.tokens_an_event["steps"][1] == pytest.approx(shares[-1], abs=1e-3)


def test_variety_is_measured_for_each_style(figures: Figures, corpus: Path) -> None:
    variety = figures.variety["steps"]
    assert variety.rows == len(rows(corpus, "nlex"))
    assert 0 < variety.self_bleu <= 1
    assert 0 < variety.mould_share < 1


def test_bins_double() -> None:
    assert spread_of([0, 1, 2, 3, 4, 7, 8, 1_000]).bins == {1: 2, 2: 2, 4: 2, 8: 1, 512: 1}


@pytest.mark.parametrize(
    ("code", "used"),
    [
        ("a, *b = 1, 2", {"unpacking", "starred", "tuple"}),
        ("for i in x:\n    pass\nelse:\n    pass", {"for", "loop else"}),
        ("def f(n=1, *a):\n    return f(n - 1)", {"function", "recursion", "default parameters", "star parameters"}),
        ("def f():\n    def g():\n        yield", {"function", "nested function", "generator"}),
        ("class A(B):\n    pass", {"class", "inheritance"}),
        ("x = y = 0 < a in b", {"chained assignment", "chained comparison", "membership"}),
        ("not a program", set()),
    ],
)
def test_parts_of_the_language_are_told_by_the_tree(code: str, used: set[str]) -> None:
    assert features_of(code) == used
    assert used <= set(FEATURES)


def test_programs_are_counted_once(figures: Figures, corpus: Path) -> None:
    codes = {row["code"] for row in rows(corpus, "traces")}
    assert figures.programs == len(codes)
    assert figures.features["function"] == sum("def " in code for code in codes)


def test_figures_come_as_json(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(corpus), "--output", str(tmp_path / "page.html"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["fits"]["steps"]


def test_what_is_no_corpus_is_a_fault_of_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path)]) == 2
    assert "manifest.json" in capsys.readouterr().err


def test_without_the_drawing_library_the_command_says_what_to_install(corpus: Path) -> None:
    code = "import sys; sys.modules['altair'] = None; from pipelines.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "report", str(corpus)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "pip install 'nlex[report]'" in done.stderr
