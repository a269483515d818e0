"""Put what was measured into doc/performance.md, and its pictures beside it.

usage: publish.py RESULTS-FOLDER DOC-FOLDER

What stands between two marks in the page is replaced: <!-- results --> and <!-- growth -->, each to <!-- end -->.
"""

import json
import os
import re
import sys

import growth
import report

PARTS = (("results", "performance", report), ("growth", "performance-growth", growth))


def replaced(text, name, content):
    pattern = rf"(<!-- {name} -->\n).*?(<!-- end -->)"
    if len(re.findall(pattern, text, re.DOTALL)) != 1:
        sys.exit(f"publish: the page has not one part <!-- {name} --> to <!-- end -->")
    return re.sub(pattern, lambda marks: f"{marks.group(1)}\n{content}\n{marks.group(2)}", text, flags=re.DOTALL)


def main():
    results, doc = sys.argv[1:]
    page = os.path.join(doc, "performance.md")
    with open(page, encoding="utf-8") as file:
        text = file.read()
    done = 0
    for name, picture, module in PARTS:
        try:
            with open(os.path.join(results, name + ".json"), encoding="utf-8") as file:
                measured = json.load(file)
        except FileNotFoundError:
            print(f"publish: no {name}.json in {results}: that part stays as it is")
            continue
        drawn = picture if module.draw(measured, os.path.join(doc, picture)) else None
        text = replaced(text, name, module.markdown(measured, drawn).rstrip() + "\n")
        done += 1
    with open(page, "w", encoding="utf-8") as file:
        file.write(text)
    print(f"publish: {done} parts of {page} are new")
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
