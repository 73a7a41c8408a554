"""For browser tests: whether a screen, as it is now, serves everybody who looks at it, hears it read, or
holds it in a hand.
"""

from __future__ import annotations

from typing import Any

from playwright.async_api import Frame, Page

from tests.browser.words import ROOT

AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8")


async def serves_everybody(screen: Page | Frame) -> None:
    """No fault that axe finds, and nothing to be used that lies beyond the side of the window."""
    if not await screen.evaluate("typeof axe === 'object'"):
        await screen.evaluate(AXE)
    faults: list[Any] = await screen.evaluate(FAULTS)
    assert not faults, faults
    beyond = await screen.evaluate(BEYOND_THE_SIDE)
    assert not beyond, beyond


FAULTS = """async () => (await axe.run({ iframes: false })).violations.flatMap(({ id, help, nodes }) =>
  nodes.map((node) => [id, help, node.target.join(' '), node.failureSummary]))"""

BEYOND_THE_SIDE = """() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  const page = scrollWidth > clientWidth ? [`the page is ${scrollWidth - clientWidth} px too wide`] : [];
  const used = [...document.querySelectorAll('a, button, input:not([type=radio]), textarea, summary')];
  const out = used.filter((one) => {
    const { left, right } = one.getBoundingClientRect();
    return one.checkVisibility({ visibilityProperty: true }) && (left < -1 || right > clientWidth + 1);
  });
  return [...page, ...out.map((one) => one.outerHTML.slice(0, 200))];
}"""
