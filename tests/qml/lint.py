# SPDX-License-Identifier: MIT
"""Passes if qmllint finds no fault: lint.py QMLLINT FOLDER [-I IMPORTPATH]... FILE...

Files are of QML, or pages whose snippets of QML are written into the folder. Snippets without an import get
those of Qt Quick and QFerry.
"""
import pathlib
import re
import subprocess
import sys

# What qmllint of Qt 6.4 takes for faults: types that it does not know although the engine does.
NO_FAULTS = [
    r'Type "(qlonglong|QList<QObject\*>)" of property',
    r'Property "toString" not found on type "QUrl"',
    r'Property "\w+" not found on type "QVariantList"',
    r'Property "callLater" is a QJSValue property',
    r'Property "click" not found on type "Button"',
    r'Unqualified access\n.*\bStandardKey\.',
]


def snippets(page, folder):
    for number, code in enumerate(re.findall(r"^```qml\n(.*?)^```", page.read_text(), re.M | re.S), 1):
        if "import " not in code:
            code = "import QtQuick\nimport QFerry\n\n" + code
        file = folder / f"{page.stem.replace('-', '_')}_{number}.qml"
        file.write_text(code)
        yield file


def is_id_of_outer_component(fault, folder):
    """Qt 6.4 has no pragma ComponentBehavior, by which these may be named."""
    found = re.match(r"Warning: ([^:\n]+):[^\n]*Unqualified access\n([^\n]*)\n( *\^+)", fault)
    if not found:
        return False
    ids = re.findall(r"\bid: *(\w+)", (folder / found[1]).read_text())
    return found[2][found[3].index("^") : len(found[3])] in ids


def faults(qmllint, options, folder, names):
    run = subprocess.run([qmllint, *options, *names], cwd=folder, capture_output=True, text=True)
    told = re.split(r"^(?=Warning: |Error: |Info: )", run.stdout + run.stderr, flags=re.M)
    found = [text for text in told if text.startswith(("Warning: ", "Error: "))]
    if run.returncode and not found:
        return [f"qmllint ended with {run.returncode}: {run.stdout}{run.stderr}"]
    return [
        text
        for text in found
        if not is_id_of_outer_component(text, folder) and not any(re.search(pattern, text) for pattern in NO_FAULTS)
    ]


def main(qmllint, folder, *arguments):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    count = list(arguments).count("-I")
    options, paths = arguments[: 2 * count], [pathlib.Path(path) for path in arguments[2 * count :]]
    files = []
    for path in paths:
        files += snippets(path, folder) if path.suffix == ".md" else [path]
    found = []
    for parent in {file.parent for file in files}:
        names = [file.name for file in files if file.parent == parent]
        found += faults(qmllint, options, parent, names)
    print(*found, f"{len(files)} files, {len(found)} faults", sep="\n")
    return 1 if found or not files else 0


sys.exit(main(*sys.argv[1:]))
