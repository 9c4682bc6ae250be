"""The recipes of the page about segments take whom they say, on a small table worked out by hand."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from consentric.segments.settings import IntentSettings, SegmentSetSettings, SegmentSettings

from .people import Town

PAGE = (Path(__file__).parents[3] / "docs" / "segments.md").read_text(encoding="utf-8")
ATTRIBUTES = ("age_band", "department", "interest", "device")


def cook(town: Town, heading: str) -> dict[str, str]:
    """Where a recipe puts everybody."""
    block = PAGE.partition(f"### {heading}\n")[2].partition("```toml\n")[2].partition("```")[0]
    recipe = tomllib.loads(block)
    [settings] = [SegmentSetSettings.model_validate(row) for row in recipe["segment_set"]]
    town.run(
        settings,
        [SegmentSettings.model_validate(row) for row in recipe["segment"]],
        attributes=ATTRIBUTES,
        purchase_sources=["crm", "shop"],
        intent=IntentSettings.model_validate(recipe.get("intent", {})),
    )
    return town.segments(settings.name)


def test_klaviyo(town: Town) -> None:
    town.add("clicked", "opened", "machine", "signed_up", "ignored", "four", "quiet", "late_click", "nobody")
    town.act("clicked", "click", 30)
    town.act("opened", "open", 30)
    town.act("machine", "open", 1, machine=True)
    town.act("machine", "send", 1, 2, 3, 4, 5)
    town.act("signed_up", "form", 15)
    town.act("ignored", "send", 100, 200, 300, 400, 500)
    town.act("four", "send", 1, 2, 3, 4)
    town.act("quiet", "send", 1, 2, 3, 4, 5)
    town.act("quiet", "click", 91)
    town.act("late_click", "send", 1, 2, 3, 4, 5)
    town.act("late_click", "click", 90)

    assert cook(town, "Klaviyo's engaged and unengaged") == {
        "clicked": "engaged",
        "four": "between",
        "ignored": "unengaged",
        "late_click": "between",
        "machine": "unengaged",
        "nobody": "between",
        "opened": "engaged",
        "quiet": "unengaged",
        "signed_up": "engaged",
    }


def test_about_to_buy(town: Town) -> None:
    town.add("full_cart", "bought", "looks", "long_ago")
    town.act("full_cart", "cart", 0)
    town.act("full_cart", "visit", 0)  # 12
    town.act("bought", "cart", 1, 1)
    town.order("bought", 1)
    town.act("looks", "search", 0)  # 5
    town.act("long_ago", "cart", 30)  # 10 · 2^-10

    assert cook(town, "About to buy") == {
        "bought": "looking",
        "full_cart": "about_to_buy",
        "long_ago": "elsewhere",
        "looks": "looking",
    }


def test_price_and_basket(town: Town) -> None:
    town.add("coupon", "large", "vintner", "usual")
    town.add("vintner", account="shop")
    town.order("coupon", 5)
    town.order("coupon", 9)
    town.act("coupon", "redemption", 5)
    town.order("large", 5, 14_000, category="wine")
    town.order("large", 9, 10_000, category="cheese")
    town.order("vintner", 3, category="wine", account="shop")
    town.order("usual", 3, category="wine")

    assert cook(town, "Price and basket") == {
        "coupon": "coupons",
        "large": "large",
        "usual": "others",
        "vintner": "wine_in_shop",
    }


@pytest.mark.parametrize(
    ("heading", "attributes", "segment"),
    [
        ("Age and place", {"age_band": "30-39", "department": "92"}, "young_paris"),
        ("Age and place", {"department": "75"}, "paris"),
        ("Age and place", {"age_band": "30-39"}, "others"),
        ("Interests and devices", {"interest": "cooking", "device": "phone"}, "cooks_on_phone"),
        ("Interests and devices", {"interest": "cooking", "device": "desktop"}, "cooks"),
        ("Interests and devices", {"device": "phone"}, "unknown"),
    ],
)
def test_attributes(town: Town, heading: str, attributes: dict[str, str], segment: str) -> None:
    town.add("ann")
    town.describe("ann", **attributes)

    assert cook(town, heading) == {"ann": segment}
