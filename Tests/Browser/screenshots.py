"""Pictures of the page's main states, into the folder that is given."""

import pathlib
import sys

from playwright.sync_api import sync_playwright

import world

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

QUICK = [
    ("Round prices to five cents", "Prices end in 0 or 5.", "wait 1\nreplace menu.txt | 4.20 | 4.25\nsay Rounded the price of rye.", "accepted"),
    ("Raise the price of rye bread", "Flour has become dearer.", "wait 1\nreplace menu.txt | rye 4.20 | rye 4.80\nsay Raised rye to 4.80.", "accepted"),
    ("Explain the till in the README", "A paragraph that says how to ask for a price.", "wait 1\nappend README.md | \\n## The till\\n\\nAsk with `sh till.sh rye`; it prints the price.\nsay Explained the till.", "accepted"),
    ("Sell sourdough", "Add sourdough for 5.40 to the menu.", "wait 1\nappend menu.txt | sourdough 5.40\nsay Sourdough is on the menu.", "accepted"),
    ("Check that the till refuses unknown cakes", "The tests should say so.", "wait 1\nappend tests/run.sh | false\nsay Added a test.", "accepted"),
]
SLOW = [(title, "", "wait 600\nsay Done.", "accepted") for title in [
    "Print receipts with the name of the bakery", "Count what was sold each day", "Translate the menu into French and Italian", "Accept gift vouchers at the till",
    "Warn when flour runs low", "Round up for charity when the customer agrees", "Show opening hours in the README"]]
WAITING = [(title, "", "say Done.", "accepted") for title in [
    "Sort the menu by price", "Sell yesterday’s bread at half price", "Mark what has nuts in it", "Remember regular customers",
    "Export the day’s takings as CSV", "Replace the sed call in the till by awk", "Let the till read prices from standard input", "Add a dark mode to the menu board"]]
NEW = [(title, text, "say Done.", "pending") for title, text in [
    ("Weekly menu", "Let the bakery plan a menu for each day of the week, and let the till know which day it is."),
    ("Loyalty cards", "Ten loaves, one for free. Keep the count in a file; the till prints it."),
    ("Faster till for long menus", "grep reads the whole menu for each question. Measure first."),
    ("Tests for the README’s examples", "Every command in the README should be run by the tests."),
    ("Use one spelling of “spelt”", "The menu says spelt, the README says dinkel."),
    ("A shell completion for the till", "")]]


def main(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with world.home() as home, sync_playwright() as playwright, world.browser(playwright) as chromium:
        def shoot(page, name, full=False):
            page.wait_for_timeout(400)
            page.screenshot(path=str(folder / f"{name}.png"), full_page=full)

        def view(device, tab, size=DESKTOP, scheme="light", wait=None):
            context = chromium.new_context(viewport=size, color_scheme=scheme, device_scale_factor=1)
            page = context.new_page()
            page.on("console", lambda message: print("console:", message.text) if message.type in ("error", "warning") else None)
            page.on("pageerror", lambda problem: print("error:", problem))
            page.goto(device.link())
            page.wait_for_selector(".connection-state.is-live", state="attached")
            page.goto(f"http://{device.address}/zen#{tab}")
            if wait:
                page.wait_for_selector(wait)
            return page

        with world.device(home, "Workbench") as source, world.device(home, "Laptop-Work") as target:
            shoot(view(source, "monitor", wait=".welcome"), "empty")
            project_folder = world.bakery(home / "bakery")
            project = source.project(project_folder)
            world.git(home, "clone", "-q", str(project_folder), str(home / "laptop-bakery"))
            source.ideas(project, NEW)
            page = view(source, "offload", wait=".pair-own")
            page.click("text=Generate Pairing Code")
            page.wait_for_selector(".code")
            page.locator(".pairing").scroll_into_view_if_needed()
            shoot(page, "pairing")
            page.set_viewport_size(PHONE)
            page.locator(".pairing").scroll_into_view_if_needed()
            shoot(page, "pairing-phone")
            page.context.close()

            target.project(home / "laptop-bakery")
            world.pair(source, target, home / "laptop-bakery", project)
            quick = source.ideas(project, QUICK)
            # One of them fails its check.
            source("run", *quick, check=False)
            source.ideas(project, WAITING)
            slow = source.ideas(project, SLOW)
            source("run", *slow[:3], "--detach")
            source.ask("POST", "offload/queue", {"ideaIds": slow[3:]})
            page = view(source, "monitor", wait=".slot.is-busy")
            page.locator(".slot.is-busy").nth(6).wait_for()
            shoot(page, "busy")
            page.locator("button[title=Log]").first.click()
            shoot(page, "log")
            page.context.close()
            shoot(view(source, "monitor", scheme="dark", wait=".slot.is-busy"), "busy-dark")
            shoot(view(source, "monitor", size=PHONE, wait=".slot.is-busy"), "busy-phone", full=True)

            page = view(source, "offload", wait=".idea-row")
            for row in page.locator(".idea-row:not(.is-away)").all()[:3]:
                row.click()
            shoot(page, "offload")
            page.set_viewport_size(PHONE)
            shoot(page, "offload-phone")
            page.context.close()
            page = view(source, "offload", scheme="dark", wait=".idea-row")
            shoot(page, "offload-dark", full=True)
            page.context.close()

            page = view(source, "backlog", wait=".card")
            page.locator(".card").first.focus()
            shoot(page, "backlog")
            page.set_viewport_size(PHONE)
            shoot(page, "backlog-phone")
            page.context.close()

            page = view(source, "results", wait=".result-row")
            page.click("text=Conflict matrix")
            shoot(page, "matrix")
            page.click("text=Conflict matrix")
            page.click("text=Explain the till in the README")
            page.wait_for_selector(".diff-line")
            shoot(page, "result")
            page.click("text=Merge …")
            shoot(page, "merge")
            page.keyboard.press("Escape")
            page.context.close()
            ready = source.ask("GET", "offload/results?state=ready")["results"]
            first = next(result for result in ready if result["title"].startswith("Round"))
            source.ask("POST", f"offload/results/{first['taskId']}/merge", {})
            page = view(source, "results", wait=".result-row")
            page.click("text=Raise the price of rye bread")
            page.wait_for_selector(".callout.is-conflict")
            page.click("text=Side by side")
            shoot(page, "conflict")
            page.set_viewport_size(PHONE)
            shoot(page, "conflict-phone", full=True)
            page.context.close()
            page = view(source, "results", scheme="dark", wait=".result-row")
            page.click("text=Raise the price of rye bread")
            page.wait_for_selector(".callout.is-conflict")
            shoot(page, "conflict-dark")
            page.context.close()

            page = view(source, "offload", wait=".idea-row")
            target.stop()
            page.wait_for_selector(".standing:not(.is-here)")
            shoot(page, "error")
            page.goto(f"http://{source.address}/zen#monitor")
            page.wait_for_selector(".slot.is-busy")
            source.stop()
            page.wait_for_selector(".offline")
            shoot(page, "offline")


if __name__ == "__main__":
    main(sys.argv[1])
